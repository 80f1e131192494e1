drop table vat_decisions, prices, components, plans, offering_versions, offering_locations, offerings, assertion_ids,
    operators, locations;
