drop table number_series, commitments, order_decisions, orders, order_drafts, legal_bases, budget_lines, accounts,
    cost_centres;
