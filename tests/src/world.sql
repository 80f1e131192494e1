-- Two authorities, two providers, the marketplace. Everything is invented.
insert into organisations (id, kind, name, short_name, slug, ars, ags, leitweg_id, street, postcode, city, contact_name,
    contact_phone, contact_email, vat_id, tax_number, iban, invoice_prefix, created_at) values
('00000000-0000-7000-8000-000000000001', 'authority', 'Gemeinde Mittelfeld', 'Mittelfeld', 'mittelfeld', '160990000012',
    '16099012', '16999001-MUSTERAU-85', 'Am Markt 1', '99002', 'Mittelfeld', 'Rathaus', '+49 361 000001',
    'rathaus@mittelfeld.example', null, null, null, null, '2026-01-01'),
('00000000-0000-7000-8000-000000000002', 'authority', 'Gemeinde Kleindorf', 'Kleindorf', 'kleindorf', '160990000013',
    '16099013', '09162000-RATHAUS-11', 'Dorfstraße 2', '99003', 'Kleindorf', 'Rathaus', '+49 361 000002',
    'rathaus@kleindorf.example', null, null, null, null, '2026-01-01'),
('00000000-0000-7000-8000-000000000003', 'provider', 'IT-Verbund Beispielland AöR', 'IT-Verbund Beispielland', 'beispielland',
    null, null, null, 'Serverallee 3', '99001', 'Beispielhausen', 'Team Abrechnung', '+49 361 000003',
    'rechnung@beispielland.example', 'DE999999999', null, 'DE93999999990000000001', 'IVB', '2026-01-01'),
('00000000-0000-7000-8000-000000000004', 'provider', 'Kommunale Datenzentrale Musterregion', 'Datenzentrale Musterregion',
    'musterregion', null, null, null, 'Rechnerweg 4', '99004', 'Musterregion', 'Team Abrechnung', '+49 361 000004',
    'rechnung@musterregion.example', null, '151/000/00000', 'DE93999999990000000001', 'KDM', '2026-01-01'),
('00000000-0000-7000-8000-000000000005', 'marketplace', 'Marktplatzbetrieb', 'Marktplatz', 'marktplatz', null, null, null,
    'Platz 5', '99005', 'Beispielhausen', 'Betrieb', '+49 361 000005', 'betrieb@marktplatz.example', null, null, null, null,
    '2026-01-01');

insert into units (id, organisation_id, name, created_at) values
('00000000-0000-7000-8000-000000000101', '00000000-0000-7000-8000-000000000001', 'Amt für Digitalisierung', '2026-01-01'),
('00000000-0000-7000-8000-000000000102', '00000000-0000-7000-8000-000000000002', 'Hauptamt', '2026-01-01');

insert into cost_centres (organisation_id, code, name, unit_id) values
('00000000-0000-7000-8000-000000000001', '11140', 'Digitalisierung', '00000000-0000-7000-8000-000000000101'),
('00000000-0000-7000-8000-000000000002', '10000', 'Hauptamt', '00000000-0000-7000-8000-000000000102');
insert into accounts (organisation_id, code, name) values
('00000000-0000-7000-8000-000000000001', '5431000', 'IT-Dienstleistungen'),
('00000000-0000-7000-8000-000000000002', '5431000', 'IT-Dienstleistungen');
insert into budget_lines (id, organisation_id, unit_id, year, code, name, amount, spent, created_at) values
('00000000-0000-7000-8000-000000000501', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000101',
    2026, '11.1.40', 'Rechenzentrum und Netze', 12000.00, 6820.44, '2026-01-01'),
('00000000-0000-7000-8000-000000000502', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000102',
    2026, '10.0.00', 'Verwaltung', 500.00, 0, '2026-01-01');
insert into legal_bases (id, organisation_id, provider_id, code, reference, asserted_by, valid_from, valid_until, created_at) values
('00000000-0000-7000-8000-000000000511', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000003',
    'INHOUSE_108_4', 'Verbandssatzung vom 12.03.2019', 'Hauptamt', '2019-03-12', '2028-12-31', '2026-01-01'),
('00000000-0000-7000-8000-000000000512', '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000003',
    'INHOUSE_108_4', 'Verbandssatzung vom 12.03.2019', 'Hauptamt', '2019-03-12', '2028-12-31', '2026-01-01');

insert into locations (id, provider_id, code, name, land, created_at) values
('00000000-0000-7000-8000-000000000301', '00000000-0000-7000-8000-000000000003', 'beispielhausen', 'Beispielhausen', '16', '2026-01-01'),
('00000000-0000-7000-8000-000000000302', '00000000-0000-7000-8000-000000000004', 'musterregion', 'Musterregion', '09', '2026-01-01');
insert into operators (location_id, provider_id) values
('00000000-0000-7000-8000-000000000301', '00000000-0000-7000-8000-000000000003'),
('00000000-0000-7000-8000-000000000302', '00000000-0000-7000-8000-000000000004');

insert into offerings (id, provider_id, slug, kind, created_at) values
('00000000-0000-7000-8000-000000000401', '00000000-0000-7000-8000-000000000003', 'postgresql', 'postgresql', '2026-01-01'),
('00000000-0000-7000-8000-000000000402', '00000000-0000-7000-8000-000000000003', 'chatbot', 'application', '2026-01-01');
insert into offering_locations (provider_id, offering_id, location_id) values
('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000401', '00000000-0000-7000-8000-000000000301'),
('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000402', '00000000-0000-7000-8000-000000000301');
insert into offering_versions (id, provider_id, offering_id, number, title, title_en, summary, description, details,
    order_schema, published_at) values
('00000000-0000-7000-8000-000000000411', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000401', 1,
    'Datenbank PostgreSQL', 'PostgreSQL database', 'Datenbank zur Miete', 'Einzelknoten mit verschlüsselter Verbindung.',
    '{}', '{"type": "object", "properties": {}}', '2026-01-01'),
('00000000-0000-7000-8000-000000000412', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000402', 1,
    'Bürgerservice-Chatbot', 'Citizen service chatbot', 'Auskunft rund um die Uhr', 'Beantwortet Fragen der Bürger.',
    '{}', '{"type": "object", "properties": {}}', '2026-01-01');
insert into plans (id, provider_id, version_id, code, title, position, settings) values
('00000000-0000-7000-8000-000000000421', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000411', 's',
    'Einzelknoten S', 1, '{"vcpu_milli": 500, "memory_mib": 512, "storage_gib_min": 1, "storage_gib_max": 20, "versions": [15], "instances": 1}'),
('00000000-0000-7000-8000-000000000422', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000412', 's',
    'Chatbot S', 1, '{"image": "localhost/wolkenamt/apps:1", "port": 8080, "vcpu_milli": 100, "memory_mib": 64, "storage_gib": 1,
    "health_path": "/healthz", "environment": {"APP": "chatbot"},
    "counters": [{"meter": "conversations", "path": "/metrics", "series": "wolkenamt_conversations_total", "epoch_series": "wolkenamt_epoch"}]}');
insert into components (id, provider_id, plan_id, code, title, position, meter, model) values
('00000000-0000-7000-8000-000000000431', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000421', 'base',
    'Grundpreis', 1, null, '{"model": "flat", "per": "month"}'),
('00000000-0000-7000-8000-000000000432', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000421', 'storage',
    'Speicherplatz', 2, 'storage', '{"model": "per-unit", "unit": "gibibyte", "per": "month"}'),
('00000000-0000-7000-8000-000000000433', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000422', 'base',
    'Grundpreis', 1, null, '{"model": "flat", "per": "month"}'),
('00000000-0000-7000-8000-000000000434', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000422', 'conversations',
    'Gespräche', 2, 'conversations', '{"model": "consumption", "each": 1000}'),
('00000000-0000-7000-8000-000000000435', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000422', 'setup',
    'Einrichtung', 3, null, '{"model": "one-time"}');
insert into prices (id, provider_id, component_id, amount, valid_from) values
('00000000-0000-7000-8000-000000000441', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000431', 27.20, '2026-01-01'),
('00000000-0000-7000-8000-000000000442', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000432', 0.35, '2026-01-01'),
('00000000-0000-7000-8000-000000000443', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000433', 190.00, '2026-01-01'),
('00000000-0000-7000-8000-000000000444', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000434', 12.50, '2026-01-01'),
('00000000-0000-7000-8000-000000000445', '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000435', 250.00, '2026-01-01');
insert into vat_decisions (id, provider_id, offering_id, class, rate, reason_code, reason, evidence, valid_from) values
('00000000-0000-7000-8000-000000000451', '00000000-0000-7000-8000-000000000003', null, 'S', 19, null, null,
    'Vermerk Steuern 2026-01', '2026-01-01'),
('00000000-0000-7000-8000-000000000452', '00000000-0000-7000-8000-000000000004', null, 'O', 0, 'VATEX-EU-O',
    'Nicht steuerbar nach § 2b UStG', 'Vermerk Steuern 2026-02', '2026-01-01');
