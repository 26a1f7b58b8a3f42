"""What is told about closed days whose chain or figures do not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PHRASES: Final[Mapping[str, str]] = {
    "sums.liability": (
        "liability: opening + accrued - paid - cancelled + adjusted is not the closing told"
    ),
    "sums.late": "late: more lines are late than there are",
    "sums.stores": "stores: together they moved other than the liability did",
    "sums.types": "types: together they moved other centavos than the liability did",
    "sums.statuses_opening": "statuses: what is owed of them is not the liability's opening",
    "sums.statuses_closing": "statuses: what is owed of them is not the liability's closing",
    "sums.statuses_lines": "statuses: other than the lines' number came into them",
    "sums.order": "the lines are not in their order, or one is there twice",
    "sums.later_day": "the line is of a later day",
    "sums.unsorted": "{of}: the rows are not sorted, or one is there twice",
    "sums.too_many": "{of}: there are more of them than a close tells",
    "sums.status": "statuses: of {of} opening + in - out is not the closing told",
    "sums.provider": "provider: of {of} opening + entered - departed is not the closing told",
    "close.order": "it stands behind number {found} in its file: the file was put in another order",
    "close.twice": "it is in its file twice",
    "close.form": "it is no close as the format has it",
    "close.sums": "its figures contradict one another",
    "close.key_unknown": "it is signed by key {key}, which the keys given do not have",
    "close.key_untrusted": "it is signed by key {key}, which is none of those that you stated",
    "close.key_time": "it was closed at {at}, when its key {key} was not in use",
    "close.signature": (
        "the signature is not one of key {key} for this close: it is forged, or was changed"
    ),
    "close.fork": "there are two closes of this number, {hashes}: one of them was put in its place",
    "close.early": "it was closed at {at}, less than ten minutes after the day's end, {ends_at}",
    "close.head": (
        "the chain begins with it: what came before was cut off (or state the close that it"
        " follows from with --after)"
    ),
    "close.missing": "it is not there, though number {next} is: the chain was cut",
    "close.previous": (
        "it follows from close {found}, and the one before it is {due}: one of them was changed"
    ),
    "close.day": "it is not of the day after {before}",
    "close.bounds": "it does not begin at {ends_at}, where the day before ends",
    "close.below": "it ends at a lower position than the day before",
    "close.opening": "it does not open with what the day before closed with",
    "close.provider": (
        "its classes of the provider do not open with what the day before closed with"
    ),
    "close.named": "the account's close of {day} names {due}: it is another close, or was changed",
    "close.named_day": "the account's close of {day} names it, as one of that day",
    "close.lines": "its lines are not those that it was made of",
    "close.tail": "it is not there, though the chain is known to be longer: its end was cut off",
    "lines.of_the_account": "the account's days have no lines",
    "lines.of_another_day": "the file is of another day",
    "lines.form": "line {line} is none as the format has it",
    "lines.line": "line {line} is not in its place",
    "lines.twice": "line {line} is an event that the lines of {day} have already",
    "lines.hash": "they make the same figures, and have another hash: something in them differs",
    "lines.beyond": "what they make is more than a close can tell",
    "lines.figures": "what they make differs in: {figures}",
    "verify.holds": "All that was given holds.",
    "verify.holds_as_given": (
        "All that was given holds, if the keys are those of whoever closed these days: the file of"
        " keys was trusted as it was given, and none was stated (--key)."
    ),
    "verify.unforeseen": "It cannot be told whether these days hold, the check broke off: {detail}",
    "verify.broken": "NOT VALID.",
    "verify.unproven": "NOT PROVED: what was given is not enough to say.",
    "verify.account": "the provider's account",
    "verify.chain": "{owner}: closes {first} to {last}, of {since} to {through}.",
    "verify.owed": "  Owed at the end: {owed} (cashbacks: {count}).",
    "verify.head": "  Its last close is {sha256}.",
    "verify.signed": "  Signed by key {key}: numbers {first} to {last}.",
    "verify.recomputed": "  Made anew of their lines (days: {days}, lines: {lines}).",
    "verify.late": "  Lines that came after their day was closed, in the next open one: {late}.",
    "verify.bad": "{owner}: FIRST BAD LINK: number {number} ({day}): {fault}.",
    "verify.detail": "  {detail}.",
    "verify.source": "  In {source}",
    "verify.unknown_head": "No chain has the close {sha256}: an end was cut off, or it is another.",
    "verify.unreadable": "{source}: it cannot be read as a file of closes: {detail}.",
    "verify.person": "{document}: {owner}, {day} (lines: {lines}):",
    "verify.not_checked": "Not checked:",
    "verify.no_day": "day unknown",
    "unchecked.nothing": "Anything: there is no close in what was given.",
    "unchecked.no_keys": (
        "Signatures: no file of keys was given, so anybody may have made these closes."
    ),
    "unchecked.keys": (
        "Whose the keys are: compare with what their owner told you another way, and state them"
        " with --key: {keys}."
    ),
    "unchecked.key_times": "From when until when the stated keys sign: their file tells it.",
    "unchecked.other_keys": "Keys that were given, are not stated, and are not trusted: {keys}.",
    "unchecked.keys_contradict": (
        "Signatures: the files of keys contradict one another, and none of them was believed."
    ),
    "unchecked.no_lines": (
        "Figures of {owner} against their lines, which were not given (days: {days}): they are as"
        " they were signed."
    ),
    "unchecked.late": (
        "Whether lines of {owner} that came late are in an earlier day, too (lines: {lines})."
    ),
    "unchecked.stray_lines": "{source}: the close of these lines is not among what was given.",
    "unchecked.before": (
        "What came before number {first} of {owner}: you stated the close that it follows from."
    ),
    "unchecked.tail": (
        "Whether {owner} has closes after number {last}: state a later one with --head, or give the"
        " account's closes."
    ),
    "unchecked.account_tail": (
        "Whether the provider's account has closes after number {last}: state a later one with"
        " --head."
    ),
    "unchecked.merchants": (
        "Closes that the account's name, and that were not given (merchants: {merchants})."
    ),
    "unchecked.unnamed": (
        "Closes of {owner} that no close of the account names among those given: {closes}."
    ),
    "unchecked.provider": (
        "The provider's figures against its statements: a close has only what it was told."
    ),
    "unchecked.zones": "Where days begin in their zones: that each begins where one ends, was.",
    "unchecked.persons": "Persons who were shown: of {persons} of them no line was given.",
}
