"""Who may come in, and what is wrong with people, their passwords and API clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEMS: Final[Mapping[str, Heading]] = {
    "unauthenticated": Heading(
        "Não autenticado", "Envie um token de acesso: Authorization: Bearer <token>."
    ),
    "invalid_token": Heading(
        "Token inválido", "O token expirou, é de outro tipo ou não é nosso: entre de novo."
    ),
    "bad_credentials": Heading(
        "Acesso recusado", "Ninguém entra com este nome e esta senha ou segredo."
    ),
    "forbidden": Heading("Não permitido", "Seu papel não permite isto; roles diz quais permitem."),
    "log_in_throttled": Heading(
        "Acessos recusados demais",
        "Acesso negado: houve recusas demais aqui. Volte após Retry-After segundos.",
    ),
    "rate_exceeded": Heading(
        "Requisições demais",
        "Nada foi feito: você envia mais do que pode. Volte após Retry-After segundos.",
    ),
    "too_many_logins": Heading(
        "Acessos demais", "Muitos acessos estão na fila; volte após Retry-After segundos."
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "username_format": Text(
        "Isto não é um nome de usuário.",
        "1 a 64 de a-z 0-9 . _ @ -, o primeiro letra ou dígito; não me, nem um CPF",
    ),
    "no_such_group": Text(
        (
            "O lojista não tem, nem teve, este cliente de API: um grupo é chamado pelo id do"
            " cliente de quem ele era."
        ),
        "o id de um dos clientes do lojista; o próprio id para o próprio grupo",
    ),
    "role_and_merchant": Text(
        "Administradores da plataforma não têm lojista, e todos os outros têm.",
        "platform sem lojista, outro papel com lojista; isso não muda depois",
    ),
    "own_role": Text("Ninguém altera o próprio papel.", "o papel atual, ou outro administrador"),
    "last_administrator": Text(
        "Este é o último administrador: ninguém poderia criar outro.",
        "outro administrador que possa entrar",
    ),
    "password_length": Text(
        "A senha é curta demais, longa demais ou não digitável.", "{lowest} a {highest} caracteres"
    ),
    "password_like_username": Text(
        "A senha contém o nome do usuário.", "uma senha que não o contenha"
    ),
    "password_common": Text(
        "A senha está entre as primeiras que se tentam.", "várias palavras sem relação"
    ),
    "password_wrong": Text("Esta não é a sua senha atual.", "a senha com que você entrou"),
    "becomes_administrator": Text(
        "Quem já tem conta não se torna administrador.",
        "uma conta nova, criada com este papel e com `current`",
    ),
    "two_secrets": Text(
        "Dois segredos deste cliente ainda valem: um terceiro encerraria um talvez em uso.",
        "um deles encerrado antes, ou o prazo dele vencido",
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "or": "ou",
    "nobody_may": "Ninguém pode fazer isto ainda: a rota não tem papéis.",
    "people_may": "Só uma pessoa pode fazer isto, que entrou com senha, como {roles}.",
    "roles_may": "Seu papel não permite isto; é preciso ser {roles}.",
    "oauth.coded": "Envie o formulário sem compressão.",
    "oauth.too_large": "O formulário é grande demais.",
    "oauth.malformed": (
        "O corpo não é um formulário: pares nome=valor unidos por &, em UTF-8 codificado com %."
    ),
    "oauth.repeated": "Um parâmetro aparece duas vezes.",
    "oauth.no_grant": "Falta grant_type: envie client_credentials.",
    "oauth.grant": "Só a concessão client_credentials é aceita; pessoas entram com JSON.",
    "oauth.scope": "Não há escopos: o papel do cliente diz o que ele pode. Deixe scope de fora.",
    "oauth.twice": "O cliente vem no cabeçalho e de novo no corpo: envie-o em um só.",
    "oauth.client": (
        "Não existe este cliente, está desativado ou o segredo é outro; envie client_id e"
        " client_secret por HTTP Basic ou no corpo."
    ),
    "oauth.throttled": (
        "Nada foi verificado: houve recusas demais aqui. Volte após Retry-After segundos."
    ),
    "oauth.crowded": "Muitos acessos estão na fila; volte após Retry-After segundos.",
    "oauth.away": "O banco de dados não responde. Volte após Retry-After segundos.",
}
