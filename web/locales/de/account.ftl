### Anmeldung, Start, Konto, Protokoll, Mails, Schnittstelle.

sign-in-title = Anmelden
sign-in-lead = Zum Suchen, Bestellen, Freigeben und Abrechnen.
sign-in-email = Dienstliche E-Mail-Adresse
sign-in-email-short = E-Mail-Adresse
sign-in-password = Passwort
sign-in-wait = Zu viele falsche Versuche. In { $seconds } Sekunden können Sie es wieder versuchen.
sign-in-demo-title = Zugänge der Demonstration
sign-in-demo-note = erfundene Personen
sign-in-demo-person = Person und Rolle
sign-in-know-title = Gut zu wissen
sign-in-know-idle = Nach längerer Zeit ohne Eingabe melden wir Sie ab. Begonnene Bestellungen bleiben als Entwurf.
sign-in-know-password = Wolkenamt fragt nie per E-Mail oder Telefon nach Ihrem Passwort.
start-welcome = Willkommen, { $name }
start-hello = Guten Tag, { $name }
start-first-lead = Ihr Zugang für { $organisation } ist eingerichtet. Umsehen können Sie sich sofort.
start-tasks = { $n-count ->
        [one] 1 Aufgabe liegt bei Ihnen.
       *[other] { $n-count } Aufgaben liegen bei Ihnen.
    }
start-no-tasks = Bei Ihnen liegt nichts.
start-search = Angebot suchen
start-my-tasks = Meine Aufgaben
start-by-deadline = nach Frist
start-tasks-empty = Nichts zu tun
start-tasks-empty-text = Hier erscheinen Freigaben, Entwürfe, Zugangsdaten, Rechnungen und Störungen, die auf Sie warten. Sie erhalten zusätzlich eine Mail, wenn jemand Ihre Entscheidung braucht.
start-waiting = { $n-count ->
        [one] 1 Vorgang, auf den Sie warten
       *[other] { $n-count } Vorgänge, auf die Sie warten
    }
start-bookings = Buchungen meiner Organisation
start-bookings-provider = Was bei uns läuft
start-aside = Haushalt und Rollen
start-steps = In vier Schritten
start-step-1 = Angebot finden und Preis berechnen
start-step-2 = Bestellen: eine Seite ausfüllen, eine prüfen
start-step-3 = Eine zweite Person gibt frei
start-step-4 = Zugangsdaten abholen, meist nach Minuten
start-roles = Ihre Rollen
start-roles-none = Noch keine. Umsehen können Sie sich trotzdem.
start-helper = Fragen zu Rollen und Haushalt beantwortet { $name }.
task-approve = Über „{ $title }“ entscheiden
task-finish-draft = Bestellung „{ $title }“ fertigstellen
task-reveal-access = Zugangsdaten für „{ $title }“ abholen
task-check-invoice = Rechnung { $title } prüfen
task-close-month = { $title } abrechnen
task-enrol-location = Standort „{ $title }“ anmelden
task-note-requested-by = bestellt von { $name }
task-note-budget-short = Das Budget reicht nicht
task-note-ready = Läuft seit { $ready-at }
task-note-incomplete = Angaben fehlen noch
tokens-lead = Mit einem Zugangstoken handelt ein Programm in Ihrem Namen, mit Ihren Rollen.
tokens = Zugangstoken
token = Token
tokens-empty = Noch keine Zugangstoken
tokens-empty-text = Für Skripte und die Kommandozeile. Legen Sie je Programm ein eigenes an, dann können Sie es einzeln widerrufen.
token-new = Neues Zugangstoken
token-name = Wofür ist es?
token-name-hint = Zum Beispiel „Nachtlauf Kostenbericht“.
token-days = Gültig für
token-roles = Welche Ihrer Rollen darf es nutzen?
token-roles-hint = Nur so viele, wie das Programm braucht. Verlieren Sie eine Rolle, verliert auch das Token sie.
token-no-roles = keine Rolle
token-reads-only = liest nur
token-reads-only-wish = Nur lesen
token-reads-only-hint = Das Programm kann nichts bestellen, freigeben oder ändern.
token-create = Zugangstoken erzeugen
token-revoke = Widerrufen
token-made = Zugangstoken „{ $name }“
token-made-text = Gültig bis { $expires-at }. Wolkenamt speichert nur seine Prüfsumme und kann es nicht noch einmal zeigen.
last-used = Zuletzt benutzt
expires = Gültig bis
expired = abgelaufen
sessions = Sitzungen
sessions-note = Wo Sie angemeldet sind
session-current = diese Sitzung
session-end = Abmelden
device = Gerät
signed-in-at = Angemeldet seit
last-seen = Zuletzt gesehen
audit-lead = Wer was wann getan hat. Jeder Eintrag enthält die Prüfsumme des vorigen; eine Änderung fiele auf.
audit-entries = Einträge
audit-number = Nr.
audit-action = Vorgang
audit-empty = Noch keine Einträge
audit-empty-text = Hier erscheint jeder Vorgang Ihrer Organisation, sobald der erste geschieht.
audit-note = Prüfsumme des letzten Eintrags:
chain-intact = Kette unversehrt
chain-broken = Kette beschädigt
chain-broken-at = Ab Eintrag { $entry } passt die Prüfsumme nicht.
chain-broken-next = Der Marktplatzbetrieb muss das klären. Ändern Sie nichts an den Daten.
chain-checked = Geprüft
chain-checked-to = { $checked-number } von { $length-number } Einträgen
chain-walked = Zuletzt von Anfang an
chain-length = Einträge
mails-lead = Die Demonstration verschickt keine Mails, sie hebt sie hier auf.
mails-kept = { $n-count ->
        [one] 1 Mail
       *[other] { $n-count } Mails
    }
mails-empty = Noch keine Mails
mails-empty-text = Wenn eine Bestellung auf Freigabe wartet oder entschieden ist, liegt hier die Nachricht dazu.
mail-from = Von
mail-to = An
mail-text = Text der Mail
api-lead = Alles, was die Seiten können, kann auch die Schnittstelle. Diese Seite entsteht aus dem OpenAPI-Dokument.
api-use = So benutzen Sie die Schnittstelle
api-use-token = Senden Sie ein Zugangstoken im Kopf „Authorization: Bearer …“. Sie erzeugen es unter „Zugangstoken und Sitzungen“.
api-use-key = Schreibende Aufrufe nehmen den Kopf „Idempotency-Key“: Derselbe Schlüssel wirkt genau einmal, auch wenn Sie den Aufruf wiederholen.
api-use-etag = Antworten tragen ein „ETag“. Mit „If-Match“ ändern Sie nur, was Sie gesehen haben.
api-use-pages = Listen kommen in Seiten; „next“ ist der Zeiger für die nächste.
api-use-problem = Fehler kommen als „application/problem+json“ mit festem Code und einem Zeiger auf das Feld.
api-parameters = Angaben
api-place = Ort
api-type = Typ
api-meaning = Bedeutung
api-body = Inhalt der Anfrage
api-answers = Antworten
api-schemas = Datentypen
a11y-lead = Wolkenamt soll jede und jeder bedienen können, auch mit Tastatur, Vergrößerung oder Vorleseprogramm.
a11y-status = Stand der Vereinbarkeit
a11y-status-text = Entwickelt nach WCAG 2.2 Stufe AA, EN 301 549 und BITV 2.0. Eine Prüfung durch eine unabhängige Stelle gibt es noch nicht; bis dahin gilt die Seite als teilweise vereinbar.
a11y-checked = Was wir prüfen
a11y-checked-text = Jede Seite wird in leeren, gefüllten und fehlerhaften Zuständen automatisch mit axe-core geprüft. Alles funktioniert ohne JavaScript, mit der Tastatur und bei 320 Pixeln Breite.
a11y-open = Was noch offen ist
a11y-open-text = Eine Prüfung mit Vorleseprogrammen durch Betroffene, ein BITV-Test, Texte in Leichter Sprache und in Gebärdensprache stehen aus. Beschreibungen von Angeboten stammen von den Anbietern und liegen nur auf Deutsch vor.
a11y-report = Barriere melden
a11y-report-text = Schreiben Sie der Stelle, die dieses Portal betreibt. Nennen Sie die Adresse der Seite und was nicht ging. Die Betreiberin einer echten Installation ergänzt hier Anschrift und Durchsetzungsstelle.
api-schemas-show = { $n-count ->
        [one] 1 Datentyp
       *[other] { $n-count } Datentypen
    }
task-look-at-location = Standort „{ $title }“ meldet sich nicht
task-look-at-booking = Störung bei „{ $title }“ ansehen
task-note-asked-by = erbeten von { $name }
task-note-from = von { $name }
task-note-disturbed = seit { $since-at }
task-note-silent = zuletzt gehört { $since-at }
start-tasks-empty-text-provider = Hier erscheinen Störungen, Standorte, deren Betreiberprogramm schweigt, und Monate, die abgerechnet werden können.
