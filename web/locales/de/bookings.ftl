### Buchungen: Fortschritt, Zugang, Messwerte, Ende.

bookings-lead = Was für Ihre Organisation läuft, wie es ihm geht und was es kostet.
bookings-tab-running = Laufende
bookings-tab-ended = Beendete
bookings-empty-running = Noch keine Buchungen
bookings-empty-ended = Noch keine beendeten Buchungen
bookings-empty-text-running = Ihre Organisation hat bisher nichts gebucht. Nach der ersten freigegebenen Bestellung steht hier, was läuft.
bookings-empty-text-ended = Beendete Buchungen behalten hier ihre Belege: Messwerte, Rechnungen und den Löschnachweis.
booking-lead = { $offering } bei { $provider }.
booking-lead-since = { $offering } bei { $provider }, in Betrieb seit { $ready-date }.
booking-lead-ended = { $offering } bei { $provider }, beendet am { $end-date }.
booking-aside = Kosten und Beteiligte
booking-access = Zugangsdaten
booking-size = Größe
size-seen = in Betrieb
size-wanted = bestellt
booking-usage = Messwerte und Kosten
booking-orders = Bestellungen zu dieser Buchung
booking-finish = Diese Buchung beenden
booking-finish-text = Sie bestellen das Ende, eine zweite Person gibt es frei. Danach werden die Daten am Standort gelöscht, und Sie erhalten hier den Löschnachweis.
booking-finish-earliest = Frühestes Ende: { $earliest-date }.
booking-finish-button = Beenden vorbereiten
booking-people = Wer ist zuständig?
booking-end = Beendet
booking-end-at = Ende
booking-end-money = Ab diesem Zeitpunkt läuft kein Geld.
booking-data-until = Daten abrufbar bis
booking-final-invoice = Schlussrechnung
booking-final-invoice-open = Schlussrechnung ansehen
booking-final-invoice-pending = Folgt mit der Abrechnung des letzten Monats, sobald alle Messwerte da sind.
booking-proof = Löschnachweis
booking-proof-text = Der Standort { $location } hat die Löschung am { $reported-at } gemeldet.
booking-proof-pending = Der Standort löscht noch. Der Nachweis erscheint hier.
progress-create = Einrichtung
progress-change = Änderung
progress-stop = Anhalten
progress-start = Wieder starten
progress-terminate = Beenden und löschen
progress-step = Schritt { $done } von { $total }, Stand { $as-of-at }.
progress-as-of = Stand { $as-of-at }
step-waits = wartet
step-failed = gescheitert
why-waits = Warum es gerade wartet
why-failed = Was passiert ist
why-money = Läuft Geld?
why-actor = Wer handelt?
why-due = Bis wann?
money-none = Nein. Kosten entstehen erst, wenn es bereitsteht.
money-reserved = Nein. { $amount-eur } sind im Haushalt vorgemerkt oder gebunden, berechnet wird noch nichts.
money-as-before = Ja, zum bisherigen Preis von { $monthly-eur } im Monat.
due-by = Bis { $due-at }.
due-none = Keine Frist zugesagt.
access-last = Zuletzt angezeigt für { $name } am { $revealed-at }
access-allowed = erreichbar aus { $networks }
access-none-yet = Noch keine Adresse. Sie erscheint, sobald es bereitsteht.
access-host = Adresse
access-address = IP-Adresse
access-port = Port
access-database = Datenbank
access-user = Benutzer
access-username = Benutzer
access-password = Passwort
access-url = Adresse im Browser
access-uri = Verbindungsangabe
access-ca = CA-Zertifikat
exposure-provider-network = nur aus dem Netz des Anbieters
exposure-landesnetz = aus dem Landesnetz
exposure-internet = aus dem Internet
reveal-title = Zugangsdaten einmal anzeigen
reveal-text = Sie kommen direkt vom Standort, verschlüsselt für diese eine Anzeige. Wolkenamt speichert sie nicht und verschickt sie nicht. Die Anzeige wird protokolliert.
reveal-button = Zugangsdaten anzeigen
reveal-state-waiting = Der Standort wird gefragt
reveal-state-shown = Ihre Zugangsdaten
reveal-state-already-shown = Schon angezeigt
reveal-state-expired = Der Standort hat nicht rechtzeitig geantwortet
reveal-state-failed = Die Zugangsdaten ließen sich nicht anzeigen
reveal-waiting-text = Angefragt am { $requested-at }. Die Antwort kommt meist in wenigen Sekunden, spätestens am { $until-at }. „Stand abrufen“ zeigt sie, sobald sie da ist.
reveal-text-already-shown = Jede Anfrage zeigt die Daten genau einmal. Wenn Sie sie noch einmal brauchen, fordern Sie sie neu an.
reveal-text-expired = Es wurde nichts angezeigt. Fordern Sie die Zugangsdaten noch einmal an; bleibt es dabei, hilft der Anbieter.
reveal-text-failed = Es wurde nichts angezeigt. Die Buchung läuft unverändert weiter. Fordern Sie die Zugangsdaten noch einmal an.
reveal-now-only = Nur jetzt sichtbar.
reveal-now-only-text = Diese Angaben verschwinden, wenn Sie die Seite verlassen oder neu laden. Legen Sie sie in Ihrem Passwortspeicher ab.
reveal-ca = CA-Zertifikat (PEM)
reveal-ca-text = Damit prüft Ihr Programm, dass es mit dem richtigen Server spricht, zum Beispiel psql mit sslmode=verify-full.
reveal-done = Gesichert, zurück zur Buchung
reveal-cancel = Nicht warten, zurück zur Buchung
reveal-back = Zurück zur Buchung
reveal-not-not-ready = Zugangsdaten gibt es, sobald die Buchung bereitsteht.
reveal-not-role = Dafür ist die Rolle „Bestellen“ oder „IT“ nötig. Wer in Ihrer Organisation Rollen vergibt, kann sie Ihnen geben.
reveal-not-none = Diese Buchung hat keine Zugangsdaten.
reveal-not-gone = Die Buchung ist beendet.
action-not-role = Dafür ist die Rolle „Bestellen“ nötig. Wer in Ihrer Organisation Rollen vergibt, kann sie Ihnen geben.
action-not-order-open = Zu dieser Buchung ist noch eine Bestellung offen. Danach können Sie die nächste aufgeben.
action-not-ended = Die Buchung ist beendet.
cost-month-to-date = netto, im Monat bis { $as-of-at }
cost-full-month = Voller Monat
cost-last-month = Letzter Monat
cost-since-start = Seit Beginn
cost-note = Sekundengenau gemessen, Vorschau. Verbindlich ist die Rechnung.
cost-lines = Rechenweg
usage-complete = vollständig bis { $watermark-at }
usage-none-yet = noch keine Messwerte
usage-running = läuft
usage-show = { $n-count ->
        [one] 1 Messwert ansehen
       *[other] { $total-number } Messwerte ansehen
    }
usage-csv = Alle Messwerte als CSV
usage-recorded = übernommen
usage-late = nachgereicht
usage-quarantined = zurückgestellt
usage-waived = nicht berechnet
usage-gaps = { $n-count ->
        [one] 1 Auffälligkeit in den Messwerten.
       *[other] { $n-count } Auffälligkeiten in den Messwerten.
    }
usage-gaps-text = Berechnet wird nur, was eindeutig gemessen ist.
gap-missing = Messwerte fehlen
gap-overlap = Messwerte überschneiden sich
gap-conflict = widersprüchliche Messwerte
gap-ceiling = mehr gemessen als bestellt
gap-operator-silent = der Standort war nicht erreichbar
meter-vcpu = vCPU
meter-memory = Arbeitsspeicher
meter-storage = Speicherplatz
meter-instance = Laufende Instanz
meter-conversations = Gespräche
meter-users = Nutzer
meter-lamps = Leuchten
phase-note-operator-silent = Standort meldet sich nicht seit { $since-at }
phase-note-ends = endet am { $end-date }
phase-note-order-open = Bestellung { $number } wartet auf Freigabe
phase-note-reason = { $text }
terminate-title = { $name } beenden
terminate-lead = Sie bestellen das Ende. Bis zur Freigabe läuft die Buchung unverändert weiter.
terminate-when = Wann soll die Buchung enden?
terminate-when-hint = Frühestens am { $earliest-date }. Ab diesem Zeitpunkt läuft kein Geld, auch wenn der Standort gerade nicht erreichbar ist.
terminate-justification-hint = Warum wird die Buchung nicht mehr gebraucht?
terminate-confirm = { $n-count ->
        [one] Ich habe meine Daten gesichert oder brauche sie nicht mehr. 1 Tag nach dem Ende werden sie endgültig gelöscht.
       *[other] Ich habe meine Daten gesichert oder brauche sie nicht mehr. { $n-count } Tage nach dem Ende werden sie endgültig gelöscht.
    }
terminate-send = Beendigung zur Freigabe senden
terminate-keep = Buchung behalten
terminate-what = Was dann geschieht
terminate-step-approve = Freigabe: { $names }. Sie selbst können nicht freigeben.
terminate-step-stop = Zum gewünschten Ende wird der Dienst abgeschaltet.
terminate-step-data = { $n-count ->
        [one] Ihre Daten bleiben 1 Tag abrufbar.
       *[other] Ihre Daten bleiben { $n-count } Tage abrufbar.
    }
terminate-step-data-none = Ihre Daten werden sofort gelöscht.
terminate-step-proof = Sie erhalten Schlussrechnung und Löschnachweis auf der Seite der Buchung.
terminate-saves = Danach entfallen { $monthly-eur } im Monat, netto.
booking-final-invoice-issue = Schlussrechnung ausstellen
booking-settled = Abgerechnet. Alles, was diese Buchung gekostet hat, steht auf einer Rechnung.
