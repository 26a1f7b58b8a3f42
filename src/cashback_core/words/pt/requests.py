"""What is wrong with a request before anybody knows what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text
from cashback_core.words.pt.sales import INSTANT

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE_VALUE: Final = "um valor JSON (RFC 8259) em UTF-8"

PROBLEMS: Final[Mapping[str, Heading]] = {
    "bad_request": Heading("Requisição malformada", "A requisição não é HTTP bem formado."),
    "body_incomplete": Heading("Corpo incompleto", "A conexão terminou antes do fim do corpo."),
    "not_json": Heading(
        "Não é JSON", "O corpo não é um valor JSON bem formado em UTF-8; errors diz onde."
    ),
    "not_found": Heading("Não encontrado", "Não há nada aqui para você."),
    "method_not_allowed": Heading(
        "Método não permitido", "O cabeçalho Allow lista os métodos deste endereço."
    ),
    "request_timeout": Heading("Tempo esgotado", "A requisição não chegou a tempo."),
    "body_too_large": Heading(
        "Corpo grande demais", "Um corpo tem no máximo 262144 bytes, o de um lote 4194304."
    ),
    "uri_too_long": Heading("Endereço longo demais", "O alvo da requisição é longo demais."),
    "unsupported_media_type": Heading(
        "Tipo de mídia não suportado", "Envie application/json em UTF-8, sem compressão."
    ),
    "invalid_request": Heading("Requisição inválida", "errors diz tudo o que está errado."),
    "invalid_query": Heading(
        "Consulta inválida", "errors nomeia cada parâmetro errado da consulta."
    ),
    "too_many_requests": Heading(
        "Requisições demais", "Nada foi feito. Volte após Retry-After segundos."
    ),
    "head_too_large": Heading(
        "Cabeçalhos grandes demais", "Os cabeçalhos são muitos ou grandes demais."
    ),
    "internal_error": Heading("Erro interno", "Uma falha nossa, registrada sob esta instance."),
    "bad_gateway": Heading(
        "Sem resposta inteira",
        (
            "O que foi pedido pode ter sido feito. Envie a mesma requisição após Retry-After"
            " segundos: com a mesma chave ou sale_id ela nunca é registrada duas vezes."
        ),
    ),
    "overloaded": Heading(
        "Sobrecarregado", "Nada foi feito. Envie a requisição de novo após Retry-After segundos."
    ),
    "unavailable": Heading(
        "Temporariamente indisponível",
        (
            "O banco de dados não responde. Envie a mesma requisição após Retry-After segundos: com"
            " a mesma chave ou sale_id ela nunca é registrada duas vezes."
        ),
    ),
    "gateway_timeout": Heading(
        "Sem resposta a tempo",
        (
            "O que foi pedido pode ter sido feito. Envie a mesma requisição após Retry-After"
            " segundos: com a mesma chave ou sale_id ela nunca é registrada duas vezes."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "json_empty": Text("O corpo está vazio.", _ONE_VALUE),
    "json_not_utf8": Text("O byte {position} não é UTF-8; Latin-1 não é aceito.", _ONE_VALUE),
    "json_byte_order_mark": Text("O corpo começa com uma marca de ordem de bytes.", _ONE_VALUE),
    "json_syntax": Text(
        "Linha {line}, coluna {column}: sintaxe inválida ({reason}).",
        "sem comentários, sem vírgulas nem texto sobrando",
    ),
    "json_repeated_key": Text(
        "Uma chave aparece duas vezes no mesmo objeto.", "cada chave uma vez"
    ),
    "json_constant": Text("Isto não é um número JSON.", "um número em dígitos"),
    "json_too_deep": Text("O valor está aninhado demais.", "o aninhamento de uma venda"),
    "json_lone_surrogate": Text(
        "Um texto contém metade de um par substituto.", "caracteres Unicode inteiros"
    ),
    "header_value": Text("O cabeçalho {header} está ausente ou não é aceitável.", "{expected}"),
    "sales_count": Text(
        "Um lote tem entre {lowest} e {highest} vendas.", "{lowest} a {highest} vendas"
    ),
    "unknown_parameter": Text("Não existe este parâmetro.", "somente: {names}"),
    "repeated_parameter": Text("O parâmetro aparece mais de uma vez.", "cada parâmetro uma vez"),
    "malformed_query": Text(
        "A consulta não é UTF-8 codificado com %.", "pares nome=valor unidos por &"
    ),
    "status_unknown": Text("Não existe este status.", "um de: {names}"),
    "document_invalid": Text(
        "O documento não é um CPF, nem um CNPJ, nem foreign: com um documento estrangeiro.",
        "11 dígitos ou 000.000.000-00; 14 caracteres ou 00.000.000/0000-00; foreign:AB12345,"
        " se não for CPF nem CNPJ",
    ),
    "cnpj_invalid": Text("Isto não é um CNPJ.", "14 caracteres, ou 00.000.000/0000-00"),
    "store_invalid": Text("Isto não pode ser uma loja.", "1 a {highest} caracteres ASCII visíveis"),
    "month_invalid": Text("Isto não é um mês.", "AAAA-MM, como 2026-01"),
    "invoice_needs_cnpj": Text(
        "Um documento fiscal é indicado pelo CNPJ do emitente e, se desejado, por mais.",
        "também invoice_cnpj",
    ),
    "access_key_invalid": Text(
        "Isto não é uma chave de acesso.",
        "44 algarismos, em cujo CNPJ pode haver maiúsculas, sem espaços",
    ),
    "amount_invalid": Text("Isto não é um valor em reais.", "como 10.00, sem sinal"),
    "uuid_invalid": Text("Isto não é um id.", "um UUID"),
    "search_unbounded": Text(
        "Esta busca poderia ler tudo o que já foi vendido.",
        "também um sale_id, uma idempotency_key, uma access_key ou um document; ou um período de"
        " no máximo {days} dias de sold, accepted, applied ou changed (…_from e …_to); ou só"
        " status que ainda estão em aberto",
    ),
    "day_invalid": Text("Isto não é um dia, ou é um que não existe.", "AAAA-MM-DD"),
    "days_out_of_range": Text(
        "O período termina antes de começar, ou é longo demais.", "1 a {highest} dias"
    ),
    "dimensions_invalid": Text(
        "Os números não podem ser separados por isto.",
        "até {highest} de: {names}; cada um uma vez, com vírgulas",
    ),
    "too_many_rows": Text(
        "A resposta teria mais de {highest} linhas.",
        "menos dias, menos dimensões em by, ou um filtro",
    ),
    "instant_invalid": Text("Isto não é um instante, ou é um que não existe.", INSTANT),
    "bound_invalid": Text(
        "Isto não é um dia nem um instante, ou é um que não existe.",
        f"AAAA-MM-DD para um dia inteiro, ou {INSTANT}",
    ),
    "limit_invalid": Text("O limite não é um número inteiro dentro da faixa.", "1 a {highest}"),
    "type_and_rate_version": Text(
        "Uma taxa se nomeia pelo tipo de produto junto com a versão.", "type e rate_version, ambos"
    ),
    "plain_text": Text("Isto não é um texto simples.", "1 a {highest} caracteres imprimíveis"),
    "whole_number": Text("Isto não é um número inteiro dentro da faixa.", "{lowest} a {highest}"),
    "not_boolean": Text("O valor não é true nem false.", "true ou false"),
    "taken": Text("Isto já está em uso, aqui ou em outro lugar.", "outro valor"),
    "cursor_of_another_list": Text(
        "Este cursor não foi emitido para esta lista.",
        "next_cursor da página anterior, com a mesma ordem e os mesmos filtros",
    ),
    "not_an_id": Text("O valor não é o id de um cashback.", "um UUID"),
}

PHRASES: Final[Mapping[str, str]] = {
    "reason.value_expected": "era esperado um valor",
    "reason.name_expected": "era esperado um nome entre aspas duplas",
    "reason.colon_expected": "era esperado :",
    "reason.comma_expected": "era esperada uma ,",
    "reason.text_follows": "há texto depois do valor",
    "reason.text_without_end": "um texto não tem fim",
    "reason.control_character": "um caractere de controle em um texto",
    "reason.no_such_escape": "não existe este escape",
    "reason.hexadecimal_digits": "\\u exige quatro dígitos hexadecimais",
    "reason.trailing_comma": "uma vírgula antes do fim",
    "reason.other": "não é JSON",
}
