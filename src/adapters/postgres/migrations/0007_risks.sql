-- Those that an operator sent again although they may have been paid are counted apart, quickly.

create index cashbacks_resent_at_a_risk on cashbacks (risk_accepted_at)
    where risk_accepted_at is not null;
