"""For tests of whatever uses this library.

`strategies` draws sales, documents and situations (needs Hypothesis). The stores of a service are
here in memory, each with every promise of its port, on a clock that the test turns:

    clock = ManualClock()
    store = MemoryStore({1: terms}, now=clock.tick)
    submit = SubmitSale(store=store, …)
    operators = MemoryOperators(store, {"acme": 1})

`memory_store` (sales, cashbacks, deliveries), `memory_catalogue`, `memory_people`,
`memory_identities`, `memory_operators`, `memory_incidents`,
`memory_reconciliations`, `memory_three_sides`, `memory_privacy`, `manual_clock`: imported by
module.
"""
