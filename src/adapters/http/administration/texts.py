"""The problems and faults of administered resources, in English and Portuguese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.problems.wording import Kind, fault, kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cashback_core.words.messages import Language, Text

ADMINISTRATION_KINDS: Final[Mapping[str, Kind]] = {
    "precondition_required": kind(
        428,
        (
            "Which version do you mean?",
            (
                "Nothing was changed. Send If-Match with the ETag of the version that you read, or"
                " If-Match: * for whichever there is."
            ),
        ),
        (
            "Qual versão?",
            (
                "Nada foi alterado. Envie If-Match com o ETag da versão que você leu, ou"
                " If-Match: * para a que houver."
            ),
        ),
    ),
    "precondition_failed": kind(
        412,
        (
            "Changed by somebody else",
            "Nothing was changed: it has another version now. Read it again, then decide.",
        ),
        (
            "Alterado por outra pessoa",
            "Nada foi alterado: agora há outra versão. Leia de novo e então decida.",
        ),
    ),
    "already_exists": kind(
        409,
        ("Already there", "Nothing was stored: errors names what is taken."),
        ("Já existe", "Nada foi gravado: errors diz o que já está em uso."),
    ),
    "in_use": kind(
        409,
        ("In use", "Nothing was changed: something else stands on it; errors says what."),
        ("Em uso", "Nada foi alterado: algo depende disto; errors diz o quê."),
    ),
}
"""Problems by code."""

ADMINISTRATION_FAULTS: Final[Mapping[str, Mapping[Language, Text]]] = {
    "taken": fault(
        ("This is taken already, here or elsewhere.", "another value"),
        ("Isto já está em uso, aqui ou em outro lugar.", "outro valor"),
    ),
    "plain_text": fault(
        ("This is no plain text.", "1 to {highest} printable characters"),
        ("Isto não é um texto simples.", "1 a {highest} caracteres imprimíveis"),
    ),
    "whole_number": fault(
        ("This is no whole number in range.", "{lowest} to {highest}"),
        ("Isto não é um número inteiro dentro da faixa.", "{lowest} a {highest}"),
    ),
    "slug_format": fault(
        ("This is no slug.", "1 to 63 of a-z 0-9 -, the first no -"),
        ("Isto não é um slug.", "1 a 63 de a-z 0-9 -, o primeiro não -"),
    ),
    "zone_unknown": fault(
        ("There is no such time zone.", "a name of the tz database, such as America/Sao_Paulo"),
        ("Não existe este fuso horário.", "um nome do tz database, como America/Sao_Paulo"),
    ),
    "platform_only": fault(
        ("Only the platform's administrators change this.", "the present value"),
        ("Somente os administradores da plataforma alteram isto.", "o valor atual"),
    ),
    "merchant_stays": fault(
        (
            "All that a merchant ever sold hangs on it: it is never deleted.",
            "disabled true: then nobody of theirs gets in",
        ),
        (
            "Tudo o que um lojista já vendeu depende dele: nunca é apagado.",
            "disabled true: então ninguém dele entra mais",
        ),
    ),
    "stop_lifted": fault(
        ("This stop is lifted already.", "a stop that stands"),
        ("Esta parada já foi suspensa.", "uma parada em vigor"),
    ),
    "platforms_stop": fault(
        ("The platform put this stop on, and alone lifts it.", "a stop of your own"),
        ("A plataforma fez esta parada, e só ela a suspende.", "uma parada sua"),
    ),
    "username_format": fault(
        (
            "This is no username.",
            "1 to 64 of a-z 0-9 . _ @ -, the first a letter or a digit; not me, no CPF",
        ),
        (
            "Isto não é um nome de usuário.",
            "1 a 64 de a-z 0-9 . _ @ -, o primeiro letra ou dígito; não me, nem um CPF",
        ),
    ),
    "no_such_merchant": fault(
        ("There is no such merchant.", "the slug of a merchant"),
        ("Não existe este lojista.", "o slug de um lojista"),
    ),
    "no_such_group": fault(
        (
            (
                "The merchant has, and had, no such API client: a group goes by the id of the"
                " client whose own it was."
            ),
            "the id of one of the merchant's clients; its own id for its own group",
        ),
        (
            (
                "O lojista não tem, nem teve, este cliente de API: um grupo é chamado pelo id do"
                " cliente de quem ele era."
            ),
            "o id de um dos clientes do lojista; o próprio id para o próprio grupo",
        ),
    ),
    "role_and_merchant": fault(
        (
            "Administrators of the platform have no merchant, and everybody else has one.",
            "platform without a merchant, any other role with one; neither can be changed",
        ),
        (
            "Administradores da plataforma não têm lojista, e todos os outros têm.",
            "platform sem lojista, outro papel com lojista; isso não muda depois",
        ),
    ),
    "own_role": fault(
        ("Nobody changes their own role.", "the present role, or another administrator"),
        ("Ninguém altera o próprio papel.", "o papel atual, ou outro administrador"),
    ),
    "last_administrator": fault(
        (
            "This is the last administrator: nobody could add another one.",
            "another administrator who may sign in",
        ),
        (
            "Este é o último administrador: ninguém poderia criar outro.",
            "outro administrador que possa entrar",
        ),
    ),
    "password_length": fault(
        (
            "The password is too short, too long or not typeable.",
            "{lowest} to {highest} characters",
        ),
        (
            "A senha é curta demais, longa demais ou não digitável.",
            "{lowest} a {highest} caracteres",
        ),
    ),
    "password_like_username": fault(
        ("The password holds the username.", "a password that does not"),
        ("A senha contém o nome do usuário.", "uma senha que não o contenha"),
    ),
    "password_common": fault(
        ("The password is among those that are guessed first.", "several unrelated words"),
        ("A senha está entre as primeiras que se tentam.", "várias palavras sem relação"),
    ),
    "password_wrong": fault(
        ("This is not your present password.", "the password that you signed in with"),
        ("Esta não é a sua senha atual.", "a senha com que você entrou"),
    ),
    "becomes_administrator": fault(
        (
            "Nobody who has an account becomes an administrator.",
            "a new account, made with this role and with `current`",
        ),
        (
            "Quem já tem conta não se torna administrador.",
            "uma conta nova, criada com este papel e com `current`",
        ),
    ),
    "two_secrets": fault(
        (
            "Two secrets of this client are good: a third would end one that may be in use.",
            "one of them ended first, or its overlap over",
        ),
        (
            "Dois segredos deste cliente ainda valem: um terceiro encerraria um talvez em uso.",
            "um deles encerrado antes, ou o prazo dele vencido",
        ),
    ),
    "cursor_of_another_list": fault(
        (
            "This cursor was not given out for this list.",
            "next_cursor of the page before, with the same sort and filters",
        ),
        (
            "Este cursor não foi emitido para esta lista.",
            "next_cursor da página anterior, com a mesma ordem e os mesmos filtros",
        ),
    ),
}
"""Faults by code."""
