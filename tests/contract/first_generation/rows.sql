-- Rows of every ugly kind, as a database of the first generation may hold them. All persons are invented.

CREATE FUNCTION pg_temp.berlin(days_ago integer, clock text) RETURNS timestamp LANGUAGE sql AS $$
    SELECT ((((now() AT TIME ZONE 'Europe/Berlin')::date - days_ago)::text || ' ' || clock)::timestamp
        AT TIME ZONE 'Europe/Berlin') AT TIME ZONE 'UTC'
$$;

INSERT INTO therapist_service.therapists
    (id, anrede, titel, vorname, nachname, email, geschlecht, telefonische_erreichbarkeit, fremdsprachen,
        psychotherapieverfahren, status, sperrgrund, sperrdatum, letzter_kontakt_email, created_at, updated_at)
VALUES
    (1, 'Frau', 'Dr.', 'Anna', 'Eins', ' Praxis@Bücher-Mühle.DE ', 'weiblich',
        '{"monday": [{"start": "09:00", "end": "12:00"}]}', '["Englisch"]', '["Verhaltenstherapie"]',
        'ACTIVE', NULL, NULL, '2024-05-06', '2024-03-31', '2024-10-27'),
    (2, 'Herr', NULL, 'Bernd', 'Zwei', 'praxis@xn--bcher-mhle-9dbg.de', 'M',
        '{"montag": ["13:00-14:00", "09:00-12:00", "11:30-13:00"], "freitag": []}', NULL, NULL,
        'BLOCKED', 'ruft zurück', '2024-06-01', NULL, NULL, '2024-10-28'),
    (3, NULL, NULL, 'Clara', 'Drei', 'drei@praxis-drei.de', 'Divers', '{"monday": [{"start": "12:00", "end": "09:00"}]}',
        '"Englisch"', '["VT", 7]', 'INACTIVE', NULL, NULL, NULL, '2024-01-01', NULL),
    (4, NULL, NULL, 'Dora', 'Vier', 'keine Adresse', 'unbekannt', '"Mo-Do 8-12 Uhr"', 'null', '{}', NULL,
        NULL, NULL, NULL, NULL, NULL),
    (5, NULL, NULL, 'Emil', 'Fünf', '   ', '', 'null', '[]', '[]', 'ACTIVE', NULL, NULL, NULL, '2024-01-01', '2024-01-01'),
    (6, NULL, NULL, 'Frida', 'Sechs', 'sechs@praxis-sechs.de', NULL,
        '{"montag": ["09:00-10:00"], "monday": ["11:00-12:00"]}', NULL, NULL, 'ACTIVE', NULL, NULL, NULL,
        '2024-01-01', '2024-01-01'),
    (7, NULL, NULL, 'Gerd', 'Sieben', 'sieben@praxis-sieben.de', NULL, '{}', NULL, NULL, 'ACTIVE', NULL, NULL, NULL,
        '2024-01-01', '2024-01-01'),
    (8, NULL, NULL, 'Hanna', 'Acht', 'acht@praxis-acht.de', 'MÄNNLICH', NULL, NULL, NULL, 'ACTIVE', NULL, NULL, NULL,
        '2024-01-01', '2024-01-01'),
    (9, NULL, NULL, 'Ida', 'Neun', 'acht@praxis-acht.de', NULL, NULL, NULL, NULL, 'ACTIVE', NULL, NULL, NULL,
        '2024-01-01', '2024-01-01');

INSERT INTO patient_service.patients
    (id, anrede, vorname, nachname, status, startdatum, vertraege_unterschrieben, diagnose, verkehrsmittel,
        zeitliche_verfuegbarkeit, raeumliche_verfuegbarkeit, ausgeschlossene_therapeuten,
        bevorzugtes_therapeutengeschlecht, created_at, updated_at)
VALUES
    (1, 'Frau', 'Pia', 'Eins', 'SEARCHING', '2024-02-29', true, 'F32.1', 'ÖPNV',
        '{"Dienstag": [{"start": "08:00", "end": "24:00"}]}', '{"max_km": 20, "max_minutes": null}', '[2, 3]', 'FEMALE',
        '2024-02-01', '2024-02-02'),
    (2, 'Herr', 'Paul', 'Zwei', 'SEARCHING', NULL, NULL, NULL, 'Rakete', '{"someday": []}', '{"max_km": "weit"}',
        '[3, 3, 99, "1", null, 2.5]', 'ANY', '2024-03-03', NULL),
    (3, NULL, 'Petra', 'Drei', NULL, NULL, false, NULL, '', '[]', '"nah"', '"alle"', NULL, NULL, NULL),
    (4, 'Divers', 'Pepe', 'Vier', 'SEARCHING', NULL, true, 'F41.1', 'zu Fuß', NULL, NULL, 'null', 'MALE', NULL, NULL),
    (5, NULL, 'Pina', 'Fünf', 'SEARCH_ABORTED', NULL, true, 'F41.1', 'Auto', NULL, '{}', '[]', NULL,
        '2024-01-01', '2024-01-01');

INSERT INTO matching_service.placement_requests
    (id, patient_id, therapist_id, status, created_at, email_contact_date, response_date, next_contact_after, priority)
VALUES
    (1, 1, 1, 'IN_PROGRESS', '2024-01-01', NULL, NULL, NULL, 3),
    (2, 2, 1, 'IN_PROGRESS', '2024-01-02', '2024-01-03', NULL, NULL, NULL),
    (3, 3, 1, 'ACCEPTED', '2024-01-03', NULL, '2024-02-01', NULL, 1),
    (4, 4, 1, 'REJECTED', '2024-01-04', NULL, '2024-02-01', '2024-03-01', 1),
    (5, 5, 1, NULL, NULL, NULL, NULL, NULL, 1),
    (6, 77, 1, 'OPEN', '2024-01-01', NULL, NULL, NULL, 1),
    (7, 1, 88, 'IN_PROGRESS', '2024-01-01', NULL, NULL, NULL, 2),
    (8, 1, 2, 'IN_PROGRESS', '2024-01-01', NULL, NULL, NULL, 1),
    (9, 2, 2, 'OPEN', '2024-01-02', NULL, NULL, NULL, 1),
    (10, 2, 2, 'OPEN', '2024-01-01', NULL, NULL, NULL, 1),
    (11, 2, 2, 'REJECTED', '2023-01-01', NULL, '2023-02-01', NULL, 1),
    (12, 3, 2, 'OPEN', '2024-01-01', NULL, NULL, NULL, 1),
    (13, 3, 2, 'IN_PROGRESS', '2024-01-09', NULL, NULL, NULL, 1),
    (14, 4, 6, 'IN_PROGRESS', '2024-01-01', NULL, NULL, NULL, 1),
    (15, 5, 7, 'IN_PROGRESS', '2024-01-01', NULL, NULL, NULL, 1),
    (1000000, 1, 3, 'OPEN', '2024-01-01', NULL, NULL, NULL, 1);

-- Emails 1 to 9 are of long ago, 10 to 19 of one kind of trouble each, from 20 on of this week.
INSERT INTO communication_service.emails
    (id, therapist_id, subject, body_html, body_text, recipient_email, recipient_name, sender_email, sender_name,
        placement_request_ids, status, queued_at, sent_at, error_message, retry_count, created_at, updated_at)
SELECT id, therapist_id, 'Anfrage', '<p>Guten Tag</p>', 'Guten Tag', recipient, 'Praxis', 'mail@agentur.de', 'Agentur',
    requests::jsonb, status::public.emailstatus, queued_at, sent_at, error_message, retry_count, created_at, updated_at
FROM (VALUES
    (1, 1, 'PRAXIS@bücher-mühle.de', '[2, 1]', 'gesendet', '2024-07-01 08:00', '2024-06-30 22:30'::timestamp, NULL, 1,
        '2024-06-30 12:00'::timestamp, '2024-06-30 22:30'::timestamp),
    (2, 1, 'alt@praxis-eins.de', '[1, 3, 4]', 'gesendet', NULL, '2024-01-15 23:30', NULL, 0, '2024-01-15', '2024-01-15'),
    (3, 6, 'sechs@praxis-sechs.de', '[14]', 'fehlgeschlagen', NULL, NULL, '550 no such user', 3, '2024-01-15', NULL),
    (10, 1, 'praxis@bücher-mühle.de', '[5]', 'in_warteschlange', '2024-07-02 08:00', NULL, NULL, NULL, NULL, NULL),
    (11, 1, 'praxis@bücher-mühle.de', '[]', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (12, 2, 'praxis@xn--bcher-mhle-9dbg.de', '[9, 9, 12345, 6, "8", null, 10.5, 1, 10, -1, 99999999999999]', 'entwurf', NULL, NULL, NULL,
        0, '2024-01-01', '2024-01-01'),
    (13, 2, 'praxis@xn--bcher-mhle-9dbg.de', '{"ids": [9]}', 'entwurf', NULL, NULL, NULL, 0, '2024-01-01', '2024-01-01'),
    (14, 99, 'weg@praxis-weg.de', '[1, 2]', 'in_warteschlange', '2024-01-01', NULL, NULL, 0, '2024-01-01', '2024-01-01'),
    (15, 4, 'keine Adresse', 'null', 'gesendet', '2024-01-05', NULL, NULL, 0, '2024-01-01', '2024-01-08'),
    (16, 5, 'weg', NULL, 'gesendet', NULL, NULL, NULL, NULL, NULL, NULL),
    (17, 7, 'sieben@praxis-sieben.de', '[15]', 'gesendet', NULL, '2199-01-01', NULL, 0, '2024-01-01', '2024-01-01'),
    (20, 3, 'drei@praxis-drei.de', '[]', 'gesendet', NULL, pg_temp.berlin(5, '00:30'), NULL, 0,
        pg_temp.berlin(5, '00:20'), pg_temp.berlin(5, '00:30')),
    (21, 3, 'drei@praxis-drei.de', '[1000000]', 'gesendet', NULL, pg_temp.berlin(3, '23:30'), NULL, 0,
        pg_temp.berlin(3, '23:20'), pg_temp.berlin(3, '23:30')),
    (22, 3, 'drei@praxis-drei.de', NULL, 'gesendet', NULL, pg_temp.berlin(3, '09:00'), NULL, 0,
        pg_temp.berlin(3, '09:00'), pg_temp.berlin(3, '09:00')),
    (23, 6, 'sechs@praxis-sechs.de', NULL, 'gesendet', NULL, pg_temp.berlin(7, '12:00'), NULL, 0,
        pg_temp.berlin(7, '12:00'), pg_temp.berlin(7, '12:00')),
    (24, 6, 'sechs@praxis-sechs.de', NULL, 'gesendet', NULL, pg_temp.berlin(6, '12:00'), NULL, 0,
        pg_temp.berlin(6, '12:00'), pg_temp.berlin(6, '12:00')),
    (25, 8, 'acht@praxis-acht.de', NULL, 'gesendet', NULL, pg_temp.berlin(6, '12:00'), NULL, 0,
        pg_temp.berlin(6, '12:00'), pg_temp.berlin(6, '12:00')),
    (26, 9, 'acht@praxis-acht.de', NULL, 'gesendet', NULL, pg_temp.berlin(4, '12:00'), NULL, 0,
        pg_temp.berlin(4, '12:00'), pg_temp.berlin(4, '12:00')),
    (27, 2, 'praxis@xn--bcher-mhle-9dbg.de', '[8, 13]', 'wird_gesendet', pg_temp.berlin(40, '12:00'), NULL, NULL, 1,
        pg_temp.berlin(40, '12:00'), pg_temp.berlin(40, '13:00')),
    (28, 1, 'praxis@bücher-mühle.de', '[1]', 'wird_gesendet', pg_temp.berlin(2, '12:00'), NULL, NULL, 1,
        pg_temp.berlin(2, '12:00'), pg_temp.berlin(2, '13:00')),
    (29, 2, 'praxis@xn--bcher-mhle-9dbg.de', '[]', 'gesendet', NULL, pg_temp.berlin(1, '12:00'), NULL, 1,
        pg_temp.berlin(1, '12:00'), pg_temp.berlin(1, '13:00'))
) AS rows (id, therapist_id, recipient, requests, status, queued_at, sent_at, error_message, retry_count, created_at, updated_at);

SELECT setval('therapist_service.therapists_id_seq', 9), setval('patient_service.patients_id_seq', 5);

DROP FUNCTION pg_temp.berlin(integer, text);
