"""The report as a page: headings, columns, and what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PHRASES: Final[Mapping[str, str]] = {
    "report.title": "Relatório de cashback",
    "report.range": "{since} a {through}",
    "report.one_day": "dia {since}",
    "report.zone": "dias de {zone}",
    "report.as_of": "posição de {instant}",
    "report.only": "somente: {filters}",
    "report.closed": "Fechado até {day}: o que se diz desses dias nunca muda.",
    "report.all_closed": "Todos os dias deste período estão fechados: este relatório nunca muda.",
    "report.none_closed": "Nenhum dia deste período está fechado: os números ainda podem crescer.",
    "report.last_close": "Fechamento {number} de {day}, SHA-256 {sha256}",
    "report.by.hour": "Por hora do dia",
    "report.by.day": "Por dia",
    "report.by.month": "Por mês",
    "report.by.type": "Por tipo de produto",
    "report.by.store": "Por loja",
    "report.by.client": "Por quem enviou",
    "report.by.status": "Por status",
    "report.by.none": "No todo",
    "report.and": "{first} e {second}",
    "report.dimension.hour": "Hora",
    "report.dimension.day": "Dia",
    "report.dimension.month": "Mês",
    "report.dimension.type": "Tipo",
    "report.dimension.store": "Loja",
    "report.dimension.client": "Quem enviou",
    "report.dimension.status": "Situação",
    "report.not_told": "(não informado)",
    "report.others": "{count} outros",
    "report.more_rows": "Outras {count} linhas ficaram de fora; o CSV tem todas.",
    "report.whole": "Soma",
    "report.sales": "Vendas",
    "report.sold": "Vendido",
    "report.accrued": "Gerado",
    "report.paid": "Pago",
    "report.cancelled": "Cancelado",
    "report.adjusted": "Desfeito",
    "report.rate": "Taxa",
    "report.effective_rate": "Taxa efetiva",
    "report.acceptance": "Pago na primeira tentativa",
    "report.owed": "Devido",
    "report.in_doubt": "Em dúvida",
    "report.paid_ever": "Pago até hoje",
    "report.at": "em {instant}",
    "report.of_sold": "do que foi vendido",
    "report.cashbacks": "Cashbacks: {count}",
    "report.sales_count": "{count} vendas",
    "report.attempts": "{accepted} de {tried} primeiras tentativas",
    "report.balance": "Como estão os cashbacks",
    "report.standing": "Situação",
    "report.count": "Quantidade",
    "report.amount": "Valor",
    "report.calls": "Chamadas ao provedor",
    "report.calls_made": "{attempts} chamadas, das quais {applied} pagaram.",
    "report.no_calls": "Nenhuma chamada neste período.",
    "report.latency": (
        "Metade das respostas veio em até {half}, 95 % em até {most}, 99 % em até {all}."
    ),
    "report.why": "Por que uma chamada não pagou",
    "report.number": "Chamadas",
    "report.part": "Parte",
    "report.nothing": "Nada neste período.",
    "report.chart": "{what}: um gráfico da tabela abaixo",
    "report.what_is_counted": (
        "O que aconteceu num dia conta para esse dia, seja o que for que houve depois. Gerado é o"
        " que passou a ser devido; o que se devia antes, mais o gerado, menos o pago e o cancelado,"
        " mais o desfeito, é o que se deve agora. Vendido por tipo de produto é o valor dos itens."
        " Valores em reais."
    ),
    "report.status.not_due": "nada devido",
    "report.status.unconfirmed": "a confirmar",
    "report.status.pending": "a enviar",
    "report.status.sending": "sendo enviado",
    "report.status.applied": "pago",
    "report.status.rejected": "recusado pelo provedor",
    "report.status.in_doubt": "em dúvida",
    "report.status.held": "retido para uma pessoa",
    "report.status.cancelled": "cancelado",
    "report.status.void": "nunca confirmado",
    "report.status.recorded": "histórico",
}
