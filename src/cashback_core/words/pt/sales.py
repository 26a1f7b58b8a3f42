"""What is wrong with a sale, and how its refusals are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTANT: Final = (
    "AAAA-MM-DD HH:MM (um espaço ou T entre eles) e, se quiser, :SS, uma fração (. ou , e dígitos)"
    " e um deslocamento (Z, +HH:MM, +HHMM ou +HH; ou -)"
)
"""How instants are written."""

_MONEY: Final = (
    'dígitos com ponto e até {places} casas decimais, como "10.00", de {lowest} a {highest}'
)

_QUANTITY: Final = (
    'um número positivo com ponto e até {places} casas decimais, como 2 ou "0.350", até {highest}'
)

_NO_DOCUMENT: Final = (
    "um texto sem CPF (nem 11 dígitos que possam ser um) e sem o que identifica o comprador"
)

PROBLEMS: Final[Mapping[str, Heading]] = {
    "sale_id_conflict": Heading(
        "Id de venda já usado",
        (
            "Este sale_id é de uma venda registrada com outro conteúdo, ou do grupo de outro"
            " cliente de API; errors mostra cada diferença, e de outro grupo nada. Outra venda"
            " precisa do seu próprio id."
        ),
    ),
    "sale_already_recorded": Heading(
        "Venda já registrada",
        (
            "Uma venda com exatamente este conteúdo já está registrada: record a mostra, a não ser"
            " que seja do grupo de outro cliente de API. Nada foi gravado, e nenhum nome foi gasto."
            " Se esta é outra venda, envie-a com um sale_id próprio; onde o equal_content do"
            " lojista é never, ela não é aceita."
        ),
    ),
    "confirmation_expired": Heading(
        "Confirmada tarde demais",
        (
            "Esta venda seria confirmada depois, e o prazo acabou: o seu cashback está sem efeito"
            " (void), e nada será pago por ela."
        ),
    ),
    "invalid_sale": Heading(
        "Venda inválida", "Nada foi gravado; errors diz tudo o que está errado."
    ),
    "customer_name_mismatch": Heading(
        "Cliente conhecido por outro nome",
        "Nada foi gravado: aqui o documento é de outra pessoa; errors diz o que pode ser feito.",
    ),
    "idempotency_key_reused": Heading(
        "Chave de idempotência reutilizada",
        (
            "Esta chave foi usada para uma venda de outro conteúdo, de outro sale_id ou do grupo de"
            " outro cliente de API; errors mostra cada diferença, e de outro grupo nada."
        ),
    ),
    "idempotency_key_format": Heading(
        "Não é uma chave de idempotência",
        (
            "Idempotency-Key aceita 1 a 255 caracteres ASCII visíveis, sem vírgula, uma só vez;"
            ' entre aspas como "chave", em que \\" e \\\\ valem aspas e barra invertida.'
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "required": Text("Este campo está ausente.", "um valor"),
    "unknown_field": Text("Este campo não existe aqui.", "somente: {fields}"),
    "wrong_type": Text("O valor tem o tipo errado.", "{type}"),
    "money_format": Text("O valor não está escrito em reais.", _MONEY),
    "money_out_of_range": Text("O valor está fora dos limites.", _MONEY),
    "quantity_format": Text("A quantidade não está escrita como quantidade.", _QUANTITY),
    "quantity_out_of_range": Text("A quantidade está fora dos limites.", _QUANTITY),
    "document_format": Text("O documento não está escrito como tal.", "{document}"),
    "document_repeated": Text(
        "Um documento de um único caractere repetido nunca é emitido.", "um documento emitido"
    ),
    "document_check_digits": Text(
        "Os dígitos verificadores do documento estão errados.",
        "um CPF ou CNPJ com dígitos verificadores corretos",
    ),
    "document_not_foreign": Text(
        "O documento estrangeiro é um CPF ou CNPJ válido, talvez depois de zeros, e quem tem este"
        " número seria pago.",
        "um CPF ou CNPJ informado como o que é (document_type cpf, cnpj ou nenhum); se não for"
        " nenhum dos dois, outro documento do comprador, como um passaporte",
    ),
    "company_refused": Text(
        "Quem comprou é uma empresa, e este lojista não aceita tais vendas.",
        "o CPF de uma pessoa, ou company_buyers do lojista em record ou pay",
    ),
    "foreign_refused": Text(
        "Quem comprou tem documento estrangeiro, e este lojista não aceita tais vendas.",
        "o CPF de uma pessoa, ou foreign_buyers do lojista em record ou pay",
    ),
    "nobody_refused": Text(
        "Ninguém foi informado como comprador, e este lojista não aceita tais vendas.",
        "um cliente, ou nobody_buyers do lojista em record",
    ),
    "name_length": Text(
        "O nome está vazio ou é longo demais.", "1 a {highest} caracteres, não só espaços"
    ),
    "name_not_printable": Text(
        "O nome contém um caractere não imprimível ou perdido em outra codificação.",
        "somente caracteres imprimíveis, enviados em UTF-8",
    ),
    "name_encoding": Text(
        "O nome é UTF-8 que foi lido como Windows-1252 ou Latin-1 antes do envio.",
        "{meant}, se o nome for esse: leia-o como UTF-8",
    ),
    "name_without_letter": Text("O nome não tem nenhuma letra.", "um nome com alguma letra"),
    "customer_name_mismatch": Text(
        "Este documento é conhecido pelo nome de outra pessoa; nada foi registrado.",
        (
            "o nome pelo qual este documento é conhecido (maiúsculas, acentos, apóstrofos,"
            " hifens, iniciais e um fim cortado não contam). Se o documento está certo, corrija o"
            " nome conhecido com PATCH /api/customers/{{id}}, ou ponha name_difference do lojista"
            " em note"
        ),
    ),
    "lines_count": Text(
        "Uma venda tem entre {lowest} e {highest} itens.", "{lowest} a {highest} itens"
    ),
    "product_type_unknown": Text(
        "Este tipo de produto não tem taxa no instante da venda.",
        "um dos tipos de produto, escrito exatamente: {types}",
    ),
    "type_or_sku": Text("Um item informa ou o tipo ou o sku do produto.", "um de: type, sku"),
    "sku_format": Text(
        "O sku está vazio, é longo demais ou contém outros caracteres.",
        "1 a {highest} caracteres ASCII visíveis",
    ),
    "unknown_sku": Text(
        "Não existe este produto no catálogo.", "um sku do catálogo, escrito exatamente"
    ),
    "sku_without_type": Text(
        "Este produto ainda não tinha tipo no instante da venda.",
        "um produto que tenha tipo em sold_at",
    ),
    "sold_at_format": Text("O instante não está escrito como tal.", INSTANT),
    "sold_at_nonexistent": Text("Esse instante não existe.", "um instante que existe em {zone}"),
    "sold_at_future": Text(
        "A venda está {ahead} no futuro: {cause}.",
        "não depois de {latest}; como está, será aceita a partir de {from}",
    ),
    "sold_at_too_old": Text("A venda é antiga demais.", "não antes de {earliest}"),
    "discount_too_large": Text(
        "O desconto é maior do que aquilo que desconta.",
        "no máximo {highest}; o de um item é de todas as unidades, o da venda, além dos de itens",
    ),
    "amount_mismatch": Text(
        "O valor do item difere de value × qty em {difference}; {cause}.",
        "de {lowest} a {highest}: value × qty, mais ou menos a tolerância do lojista",
    ),
    "total_mismatch": Text(
        "O total difere em {difference} do que itens, descontos e acréscimos somam; {cause}.",
        "{sum}",
    ),
    "payments_count": Text("A venda foi paga em partes demais.", "no máximo {highest} pagamentos"),
    "payments_mismatch": Text(
        "Os pagamentos não somam o total.", "{total} ao todo, sem o troco que foi devolvido"
    ),
    "no_such_choice": Text("Isto não está entre as opções.", "{names}"),
    "place_format": Text(
        "A loja, o caixa ou a série está vazio, é longo demais ou contém outros caracteres.",
        "1 a {highest} caracteres ASCII visíveis",
    ),
    "place_holds_document": Text(
        "A loja, o caixa ou a série contém o documento de quem comprou ou um CPF, que ali não"
        " poderia ser apagado.",
        "um lugar que não diga quem comprou",
    ),
    "store_required": Text(
        "As lojas deste lojista numeram cada uma as suas vendas: o sale_id precisa da sua loja.",
        "a loja que deu o sale_id à venda",
    ),
    "cashier_format": Text(
        "O operador de caixa está vazio, é longo demais ou não é imprimível.",
        "1 a {highest} caracteres imprimíveis, não só espaços",
    ),
    "cashier_holds_document": Text(
        "O operador de caixa contém um CPF ou o documento do comprador.", _NO_DOCUMENT
    ),
    "metadata_count": Text("Há metadados demais.", "no máximo {highest} pares"),
    "metadata_key": Text("Isto não é uma chave de metadados.", "1 a 40 de A-Z a-z 0-9 _ . -"),
    "metadata_value": Text(
        "O valor é longo demais ou não é imprimível.", "até {highest} caracteres imprimíveis"
    ),
    "metadata_holds_document": Text(
        "O par contém um CPF ou o documento do comprador.", _NO_DOCUMENT
    ),
    "sale_id_format": Text(
        "O id da venda está vazio, é longo demais ou contém outros caracteres.",
        "1 a {highest} caracteres ASCII visíveis",
    ),
    "sale_id_holds_document": Text(
        "O id da venda contém o documento de quem comprou ou um CPF, que ali não poderia ser"
        " apagado.",
        "um id da venda que não diga quem comprou",
    ),
    "idempotency_key_holds_document": Text(
        "A Idempotency-Key contém o documento de quem comprou ou um CPF, que ali não poderia ser"
        " apagado.",
        "uma chave que não diga quem comprou",
    ),
}

PHRASES: Final[Mapping[str, str]] = {
    "instant": INSTANT,
    "differs": "Isto difere do que está registrado.",
    "cause.truncation": "confere se a fração de centavo de cada item é desprezada",
    "cause.half_even": "confere se cada item é arredondado ao par mais próximo",
    "cause.half_up": "confere se cada item é arredondado com meio para cima",
    "cause.sum_rounded": "confere se só a soma dos itens é arredondada",
    "cause.discount_per_unit": "confere se o desconto de um item é o de uma unidade",
    "cause.discount_in_lines": (
        "confere se o desconto da venda é o dos itens informado outra vez (vDesc do total é a soma"
        " deles): informe-o só uma vez"
    ),
    "cause.surcharge_in_lines": (
        "confere se o acréscimo da venda é o dos itens informado outra vez (vFrete do total é a"
        " soma deles): informe-o só uma vez"
    ),
    "cause.both_in_lines": (
        "confere se o desconto e o acréscimo da venda são os dos itens informados outra vez (vDesc"
        " e vFrete do total são as somas deles): informe cada um só uma vez"
    ),
    "cause.discount_twice": "confere se os preços são líquidos e o desconto já está neles",
    "cause.surcharge_missing": "confere sem o acréscimo: ele falta no total",
    "cause.surcharge_twice": "confere com o acréscimo duas vezes",
    "cause.surcharge_untold": (
        "nenhuma causa comum explica isso: frete, serviço ou juros informam-se em surcharge"
    ),
    "cause.discount_untold": (
        "nenhuma causa comum explica isso: o que foi abatido informa-se em discount"
    ),
    "cause.none": "nenhuma causa comum explica isso",
    "cause.net_amount": (
        "confere com o desconto ou o acréscimo do item já nele: amount (vProd) é sem eles"
    ),
    "cause.clock_ahead": "o relógio do caixa está adiantado",
    "cause.told_in_utc": "é agora se o horário for UTC, que se envia com Z",
    "document.cpf": "como texto um CPF: 11 dígitos, ou 000.000.000-00",
    "document.cnpj": "como texto um CNPJ: 14 dígitos ou letras maiúsculas, ou 00.000.000/0000-00",
    "document.foreign": "como texto um documento estrangeiro: 5 a 20 de A-Z a-z 0-9 . / -",
    "document.any": (
        "como texto um CPF (11 dígitos, ou 000.000.000-00), um CNPJ (14 dígitos ou letras"
        " maiúsculas, ou 00.000.000/0000-00) ou, com document_type foreign, 5 a 20 de"
        " A-Z a-z 0-9 . / -"
    ),
    "type.object": "um objeto",
    "type.array": "uma lista",
    "type.string": "um texto",
    "type.string or number": "um texto ou um número",
    "value.object": "um objeto",
    "value.array": "uma lista",
    "value.number": "um número",
    "value.long_integer": "um inteiro de muitos dígitos",
}
