### Bestellen und freigeben.

order-eyebrow-draft = Bestellung, Entwurf
order-form-title = { $offering } bestellen
order-form-h1 = { $offering } bestellen
order-steps = Schritte der Bestellung
order-step-form = Angaben
order-step-check = Prüfen und absenden
order-step-approval = Freigabe durch eine zweite Person
order-what = Was brauchen Sie?
order-name = Name der Buchung
order-name-hint = Unter diesem Namen finden Sie und Ihr Team die Buchung wieder, zum Beispiel „Baumkataster, Datenbank“.
order-money = Wer bezahlt?
order-budget-line = Aus welchem Haushaltsansatz wird bezahlt?
order-budget-line-hint = Sie sehen die Ansätze, für die Sie bestellen dürfen.
order-budget-available = Verfügbar { $available-eur } von { $budget-eur }, Haushaltsjahr { $year }
order-budget-none = Für Sie ist noch kein Haushaltsansatz zugeordnet.
order-budget-helper = Ein Ansatz fehlt? { $name } hilft weiter.
order-cost-centre-hint = Sie steht auf der Rechnung und im Kostenbericht.
order-cost-centre-hint-typed = Sie steht auf der Rechnung und im Kostenbericht, zum Beispiel 11140. Ihre Organisation führt hier keine Liste.
order-ledger-account-hint = Das Konto, auf dem der Aufwand gebucht wird.
order-ledger-account-hint-typed = Das Konto, auf dem der Aufwand gebucht wird, zum Beispiel 5431000. Ihre Organisation führt hier keine Liste.
order-why = Warum und ab wann?
legal-basis = Rechtsgrundlage
legal-basis-evidence = Nachweis: { $evidence }
order-legal-basis-hint = Warum Ihre Behörde bei { $provider } beziehen darf. Wolkenamt hält die Angabe fest und prüft sie nicht rechtlich.
order-legal-basis-none = Für diesen Anbieter ist noch keine Rechtsgrundlage hinterlegt.
order-start = Wann soll die Buchung beginnen?
order-start-hint = Frühestens am { $earliest-date }. Kosten entstehen erst, wenn es bereitsteht.
justification = Begründung
order-justification-hint = Wofür brauchen Sie es? Wer freigibt und die Revision lesen mit.
order-continue = Weiter zur Prüfung
order-continue-note = Ihre Angaben werden als Entwurf gespeichert. Es wird noch nichts bestellt und kein Geld gebunden.
order-back-to-offering = Zurück zum Angebot
order-yours = Ihre Bestellung
order-who-approves = Wer gibt frei?
order-approvers = { $names }. Sie selbst können nicht freigeben.
order-approvers-none = Für diesen Betrag ist in Ihrer Organisation noch niemand zum Freigeben berechtigt.
answers-what = Was bestellt wird
answers-money = Wer bezahlt
answers-why = Warum und ab wann
answers-version = Angebot Version { $version }
answers-start = Gewünschter Beginn
answers-end = Gewünschtes Ende
check-title = Prüfen und absenden
check-cost = Was es kostet
check-years = Je Haushaltsjahr
check-price-kept = Dieser Preis wird mit dem Absenden festgehalten.
check-checks = Was geprüft ist
check-next = Was nach dem Absenden geschieht
check-next-reserve = { $amount-eur } werden im Ansatz { $line } vorgemerkt.
check-next-approve = Zur Freigabe geht die Bestellung an { $names }. Sie selbst können nicht freigeben.
check-next-due = Frist { $due-date }.
check-next-provision = Nach der Freigabe richtet { $provider } die Buchung ein.
check-next-provision-usual = { $n-count ->
        [one] Nach der Freigabe richtet { $provider } die Buchung ein, meist in 1 Minute.
       *[other] Nach der Freigabe richtet { $provider } die Buchung ein, meist in { $n-count } Minuten.
    }
check-next-cost = Kosten entstehen erst, wenn es bereitsteht, frühestens am { $start-date }.
check-confirm = Ich habe die Angaben geprüft und darf für meine Organisation bestellen.
check-send = Bestellung zur Freigabe senden
check-keep = Entwurf behalten
orders-lead = Was Sie und Ihre Organisation bestellt haben, und wer gerade darüber entscheidet.
orders-tab-mine = Meine
orders-tab-organisation = Alle der Organisation
orders-tab-drafts = Entwürfe
orders-empty-mine = Noch keine Bestellungen
orders-empty-organisation = Noch keine Bestellungen
orders-empty-drafts = Keine Entwürfe
orders-empty-text-mine = Hier steht, was Sie bestellt haben und auf wen es wartet.
orders-empty-text-organisation = Hier steht, was Ihre Organisation bestellt hat.
orders-empty-text-drafts = Angefangene Bestellungen bleiben hier, bis Sie sie absenden.
requested-by = Bestellt von
decided-by = Entschieden von
decides = Entscheidung liegt bei
decide-by = Entscheidung bis
deputy-for = in Vertretung für { $name }
waits-for = Wartet auf { $names }
due = Frist { $due-date }
due-until = bis { $due-date }
overdue-since = überfällig seit { $due-date }
no-deadline = keine Frist
order-lead = { $offering } bei { $provider }, bestellt von { $name } am { $requested-at }.
order-status = Wie steht es?
order-to-booking = Zur Buchung
order-rejected-by = Abgelehnt von { $name }:
order-rejected-next = Das vorgemerkte Geld ist wieder frei. Sie können mit geänderten Angaben neu bestellen.
order-declined-next = Es wird nichts eingerichtet, und das Geld ist wieder frei. Sie können anders oder bei einem anderen Anbieter neu bestellen.
order-decide = Über die Bestellung entscheiden
order-withdraw = Bestellung zurückziehen
order-withdraw-note = { $amount-eur } werden wieder frei.
order-who = Wer ist beteiligt?
order-cost-panel = Kosten
approvals-lead = Bestellungen, über die Sie entscheiden.
approvals-deputy = Sie vertreten bis { $until-date } auch { $name }.
approvals-open = { $n-count ->
        [0] Keine Bestellung wartet auf Sie
        [one] 1 Bestellung wartet auf Sie
       *[other] { $n-count } Bestellungen warten auf Sie
    }
approvals-above = Über Ihrer Grenze
approvals-above-text = Freigeben kann sie, wessen Grenze reicht. Ablehnen können Sie sie.
approvals-open-caption = Offene Freigaben
approvals-order = nach Frist
approvals-empty-title = Nichts zu entscheiden
approvals-empty-text = Hier erscheinen Bestellungen anderer Personen, für die Ihre Rolle und Ihre Grenze reichen. Sie erhalten dann eine Mail.
approvals-role-title = Rolle „Freigeben“ fehlt
approvals-role-text = Sie können hier nichts entscheiden. Wer in Ihrer Organisation Rollen vergibt, kann sie Ihnen geben.
approvals-decided = Zuletzt entschieden
checked = Prüfung
decision = Entscheidung
approval-title = Freigabe { $number }
approval-question = { $name } freigeben?
approval-about = Worum geht es?
approval-service = Leistung
approval-cost = { $n-count ->
        [one] { $monthly-eur } im Monat netto, { $total-eur } in 1 Monat mit Umsatzsteuer
       *[other] { $monthly-eur } im Monat netto, { $total-eur } in { $n-count } Monaten mit Umsatzsteuer
    }
approval-all-answers = Alle Angaben der Bestellung
approval-budget = Reicht das Budget?
approval-budget-line = Ansatz { $code }, Haushaltsjahr { $year }
approval-budget-caption = Budget vor und nach der Freigabe
approval-budget-short = Das Budget reicht nicht.
approval-budget-short-text = Sprechen Sie mit der Kämmerei, oder lehnen Sie mit Begründung ab.
approval-evidence = Welche Nachweise liegen vor?
approval-decide = Ihre Entscheidung
approve-verb = Freigeben
approve-note = Die Einrichtung beginnt sofort
approve-note-create = Die Einrichtung beginnt sofort
approve-note-change = Die Änderung geht an den Standort. Was sie zusätzlich kostet, wird fest gebunden.
approve-note-resume = Die Buchung läuft und kostet weiter wie vorher
approve-note-transfer = Rechnungen nennen ab dem ersten Tag die neue Kostenstelle; der Dienst läuft unverändert weiter
approve-note-terminate = Das Ende wird am Standort eingeleitet
reject-verb = Ablehnen
reject-note = { $amount-eur } werden wieder frei
approval-reason-hint = Pflicht beim Ablehnen. { $name } und die Revision lesen mit.
approval-save = Entscheidung speichern
approval-decided = { $name } hat am { $decided-at } entschieden.
before = vorher
after = nachher
approval-row-good = Alles liegt vor
approval-row-budget-short = Budget reicht nicht
approval-row-notes = { $n-count ->
        [one] 1 Hinweis
       *[other] { $n-count } Hinweise
    }
approval-row-above-limit = Über Ihrer Grenze
why-not-own-order = Sie haben selbst bestellt. Entscheiden muss eine andere Person.
why-not-limit = Der Betrag { $amount-eur } liegt über Ihrer Grenze von { $limit-eur }. Entscheiden kann eine Person mit höherer Grenze.
why-not-role = Ihnen fehlt die Rolle „Freigeben“. Wer in Ihrer Organisation Rollen vergibt, kann sie Ihnen geben.
why-not-decided = Über diese Bestellung ist bereits entschieden.
why-not-expired = Die Frist ist abgelaufen, das Geld ist wieder frei.
approval-cost-none = Keine neuen Kosten
asked-by = erbeten von { $name }
draft-discard = Entwurf verwerfen
order-fixed-end = Befristet bis? (freiwillig)
order-fixed-end-hint = Mit Beginn dieses Tages endet die Buchung; 30 und 7 Tage vorher kommt eine Erinnerung. Leer heißt: ohne Ende.
answers-fixed-end = Endet mit Beginn des
answers-no-end = ohne Ende
approve-note-restore = Die Daten gehen auf diesen Stand zurück; was seither geschrieben wurde, wird ersetzt
order-restore-at = Stand vom
order-restore-kept = { $n-count ->
    [one] Der ersetzte Stand bleibt noch einen Tag liegen
   *[other] Der ersetzte Stand bleibt noch { $n-count } Tage liegen
    }
