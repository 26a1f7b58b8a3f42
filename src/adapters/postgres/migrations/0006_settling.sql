-- The settler compares the provider's statement with every cashback that was paid in its window.

create index cashbacks_applied on cashbacks (applied_at) where status = 'applied';
