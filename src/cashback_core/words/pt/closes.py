"""O que se diz de dias fechados cuja cadeia ou cujos valores não conferem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PHRASES: Final[Mapping[str, str]] = {
    "sums.liability": (
        "liability: opening + accrued - paid - cancelled + adjusted não dá o closing informado"
    ),
    "sums.late": "late: há mais linhas atrasadas do que linhas",
    "sums.stores": "stores: juntas elas não movimentaram o mesmo que o passivo (liability)",
    "sums.types": "types: juntos não movimentaram os mesmos centavos que o passivo (liability)",
    "sums.statuses_opening": "statuses: o que neles se deve não é o opening do passivo (liability)",
    "sums.statuses_closing": "statuses: o que neles se deve não é o closing do passivo (liability)",
    "sums.statuses_lines": "statuses: não entraram neles tantos quantas são as linhas",
    "sums.order": "as linhas estão fora de ordem, ou uma se repete",
    "sums.later_day": "a linha é de um dia posterior",
    "sums.unsorted": "{of}: as linhas da tabela estão fora de ordem, ou uma se repete",
    "sums.too_many": "{of}: são mais do que um fechamento conta",
    "sums.status": "statuses: de {of}, opening + in - out não dá o closing informado",
    "sums.provider": "provider: de {of}, opening + entered - departed não dá o closing informado",
    "close.order": "está depois do número {found} em seu arquivo: a ordem foi trocada",
    "close.twice": "está duas vezes em seu arquivo",
    "close.form": "não é um fechamento no formato devido",
    "close.sums": "seus valores se contradizem",
    "close.key_unknown": "foi assinado com a chave {key}, que não está entre as chaves dadas",
    "close.key_untrusted": "a assinatura é da chave {key}, que não está entre as que você informou",
    "close.key_time": "foi fechado em {at}, quando sua chave {key} não estava em uso",
    "close.signature": (
        "a assinatura não é da chave {key} para este fechamento: foi forjado ou alterado"
    ),
    "close.fork": "há dois fechamentos com este número, {hashes}: um foi posto no lugar do outro",
    "close.early": "foi fechado em {at}, menos de dez minutos após o fim do dia, {ends_at}",
    "close.head": (
        "a cadeia começa por ele: o que vinha antes foi cortado (ou informe com --after o"
        " fechamento anterior a ele)"
    ),
    "close.missing": "não está ali, embora o número {next} esteja: a cadeia foi cortada",
    "close.previous": (
        "segue o fechamento {found}, mas o anterior a ele é {due}: um dos dois foi alterado"
    ),
    "close.day": "não é do dia seguinte a {before}",
    "close.bounds": "não começa em {ends_at}, onde termina o dia anterior",
    "close.below": "termina em uma posição menor que a do dia anterior",
    "close.opening": "não abre com o que o dia anterior fechou",
    "close.provider": "suas classes do provedor não abrem com o que o dia anterior fechou",
    "close.named": (
        "o fechamento da conta de {day} nomeia {due}: é outro fechamento, ou foi alterado"
    ),
    "close.named_day": "o fechamento da conta de {day} o nomeia, como se fosse daquele dia",
    "close.lines": "suas linhas não são aquelas de que ele foi feito",
    "close.tail": "não está ali, e sabe-se que a cadeia é mais longa: o fim foi cortado",
    "lines.of_the_account": "os dias da conta não têm linhas",
    "lines.of_another_day": "o arquivo é de outro dia",
    "lines.form": "a linha {line} não está no formato devido",
    "lines.line": "a linha {line} não está em seu lugar",
    "lines.twice": "a linha {line} é um evento que as linhas de {day} já têm",
    "lines.hash": "os valores são os mesmos e o hash é outro: algo nelas difere",
    "lines.beyond": "o que resulta delas é mais do que cabe em um fechamento",
    "lines.figures": "o que elas dão difere em: {figures}",
    "verify.holds": "Tudo o que foi dado confere.",
    "verify.holds_as_given": (
        "Tudo o que foi dado confere, se as chaves são de quem fechou estes dias: o arquivo de"
        " chaves foi aceito como veio, e nenhuma foi informada (--key)."
    ),
    "verify.unforeseen": "Não se sabe se estes dias conferem; a conferência parou: {detail}",
    "verify.broken": "NÃO É VÁLIDO.",
    "verify.unproven": "NÃO PROVADO: o que foi dado não basta.",
    "verify.account": "a conta do provedor",
    "verify.chain": "{owner}: fechamentos {first} a {last}, de {since} a {through}.",
    "verify.owed": "  Devido ao final: {owed} (cashbacks: {count}).",
    "verify.head": "  O último fechamento é {sha256}.",
    "verify.signed": "  Assinados com a chave {key}: números {first} a {last}.",
    "verify.recomputed": "  Refeitos a partir de suas linhas (dias: {days}, linhas: {lines}).",
    "verify.late": "  Linhas que vieram com seu dia já fechado, no primeiro aberto: {late}.",
    "verify.bad": "{owner}: PRIMEIRO ELO RUIM: número {number} ({day}): {fault}.",
    "verify.detail": "  {detail}.",
    "verify.source": "  Em {source}",
    "verify.unknown_head": (
        "Nenhuma cadeia tem o fechamento {sha256}: um fim foi cortado, ou ele é de outra."
    ),
    "verify.unreadable": "{source}: não se lê como arquivo de fechamentos: {detail}.",
    "verify.person": "{document}: {owner}, {day} (linhas: {lines}):",
    "verify.not_checked": "Não conferido:",
    "verify.no_day": "dia desconhecido",
    "unchecked.nothing": "Nada: não há fechamento no que foi dado.",
    "unchecked.no_keys": (
        "Assinaturas: nenhum arquivo de chaves foi dado; qualquer um pode ter feito isto."
    ),
    "unchecked.keys": (
        "De quem são as chaves: compare com o que o dono informou por outro meio, e informe-as com"
        " --key: {keys}."
    ),
    "unchecked.key_times": "De quando até quando as chaves informadas assinam: diz o arquivo.",
    "unchecked.other_keys": "Chaves dadas que você não informou, e que não valem: {keys}.",
    "unchecked.keys_contradict": (
        "Assinaturas: os arquivos de chaves se contradizem, e nenhum valeu."
    ),
    "unchecked.no_lines": (
        "Valores de {owner} contra suas linhas, que não foram dadas (dias: {days}): estão como"
        " foram assinados."
    ),
    "unchecked.late": (
        "Se as linhas de {owner} que chegaram atrasadas estão também num dia anterior"
        " (linhas: {lines})."
    ),
    "unchecked.stray_lines": "{source}: o fechamento destas linhas não está no que foi dado.",
    "unchecked.before": (
        "O que veio antes do número {first} de {owner}: você informou o fechamento anterior."
    ),
    "unchecked.tail": (
        "Se {owner} tem fechamentos depois do número {last}: informe um posterior com --head, ou dê"
        " os fechamentos da conta."
    ),
    "unchecked.account_tail": (
        "Se a conta do provedor tem fechamentos depois do número {last}: informe um posterior com"
        " --head."
    ),
    "unchecked.merchants": (
        "Fechamentos que os da conta nomeiam e que não foram dados (lojistas: {merchants})."
    ),
    "unchecked.unnamed": (
        "Fechamentos de {owner} que nenhum fechamento dado da conta nomeia: {closes}."
    ),
    "unchecked.provider": (
        "Os valores do provedor contra seus extratos: um fechamento só tem o que lhe foi dito."
    ),
    "unchecked.zones": "Onde os dias começam em seus fusos: que um começa onde outro termina, sim.",
    "unchecked.persons": "Pessoas mostradas: de {persons} delas nenhuma linha foi dada.",
}
