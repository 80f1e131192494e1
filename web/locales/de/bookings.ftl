### Buchungen: Fortschritt, Zugang, Messwerte, Ende.

bookings-lead = Was für Ihre Organisation läuft, wie es ihm geht und was es kostet.
bookings-tab-running = Laufende
bookings-tab-ended = Beendete
bookings-empty-running = Zurzeit läuft keine Buchung
bookings-empty-ended = Noch keine beendeten Buchungen
bookings-empty-text-running = Nach der nächsten freigegebenen Bestellung steht hier, was läuft. Was zu Ende ist, behält seine Belege unter „Buchungen, Beendete“.
bookings-empty-text-ended = Beendete Buchungen behalten hier ihre Belege: Messwerte, Rechnungen und den Löschnachweis.
booking-lead = { $offering } bei { $provider }.
booking-lead-since = { $offering } bei { $provider }, in Betrieb seit { $ready-date }.
booking-lead-ended = { $offering } bei { $provider }, beendet am { $end-date }.
booking-lead-ends = { $offering } bei { $provider }, endet am { $end-date }.
booking-aside = Kosten und Beteiligte
booking-access = Zugangsdaten
booking-size = Größe
size-seen = in Betrieb
size-wanted = bestellt
booking-usage = Messwerte und Kosten
booking-orders = Bestellungen zu dieser Buchung
booking-finish = Diese Buchung beenden
booking-finish-text = Sie bestellen das Ende, eine zweite Person gibt es frei. Sind die Daten danach am Standort gelöscht, sofort oder nach der zugesagten Aufbewahrung, erhalten Sie hier den Löschnachweis.
booking-finish-earliest = Frühestes Ende: { $earliest-date }.
booking-finish-button = Beenden vorbereiten
booking-repairs = Im Cluster verändert, vom Betreiberprogramm berichtigt
booking-repairs-text = Jemand hat im Cluster etwas von dieser Buchung geändert oder gelöscht. Das Betreiberprogramm hat es wieder so geschrieben, wie es gebucht ist.
booking-repair-changed = geändert
booking-repair-deleted = gelöscht
booking-people = Wer ist zuständig?
booking-end = Beendet
booking-end-planned = Ende am { $end-date }
booking-end-at = Ende
booking-end-money = Ab diesem Zeitpunkt läuft kein Geld.
booking-data-until = Daten aufbewahrt bis
booking-final-invoice = Schlussrechnung
booking-final-invoice-open = Schlussrechnung ansehen
booking-final-invoice-pending = Folgt mit der Abrechnung des Monats, in dem die Buchung endete.
booking-final-invoice-running = Folgt nach dem Ende der Buchung.
booking-final-invoice-measuring = Wartet auf die letzten Messwerte des Standorts; danach folgt sie mit der Abrechnung des Monats.
booking-final-invoice-nothing = Entfällt: Für diese Buchung ist nichts zu berechnen.
booking-proof = Löschnachweis
booking-proof-text = Der Standort { $location } hat die Löschung am { $reported-at } gemeldet.
booking-answers = Angaben aus der Bestellung
booking-deleting-since = Die Löschung begann am { $since-at }.
booking-proof-no-objects = Einzelne Objekte hat der Standort nicht aufgezählt; gemeldet ist, dass von dieser Buchung nichts mehr da ist.
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
money-over = Nein. Seit dem Ende kostet es nichts mehr.
money-none = Nein. Kosten entstehen erst, wenn es bereitsteht.
money-unchanged = Daran ändert sich bis dahin nichts.
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
access-tenant = Mandant
access-username = Benutzer
access-fingerprint = Fingerabdruck der Maschine
access-command = Anmelden mit
access-known-hosts = Zeile für known_hosts
access-password = Passwort
access-url = Adresse im Browser
access-uri = Verbindungsangabe
access-ca = CA-Zertifikat
endpoint-postgresql = Adresse
endpoint-web = Adresse im Browser
endpoint-ssh = Adresse (SSH)
exposure-provider-network = nur aus dem Netz des Anbieters
exposure-cluster = nur innerhalb des Standorts
exposure-state-network = aus dem Landesnetz
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
reveal-text-already-shown = Jede Anfrage zeigt die Daten genau einmal. Wenn Sie sie noch einmal brauchen, lassen Sie sie auf der Seite der Buchung wechseln.
reveal-text-expired = Es wurde nichts angezeigt. Fordern Sie die Zugangsdaten noch einmal an; bleibt es dabei, hilft der Anbieter.
reveal-text-failed = Es wurde nichts angezeigt. Die Buchung läuft unverändert weiter. Fordern Sie die Zugangsdaten noch einmal an.
reveal-now-only = Nur jetzt sichtbar.
reveal-now-only-text = Diese Angaben verschwinden, wenn Sie die Seite verlassen oder neu laden. Legen Sie sie in Ihrem Passwortspeicher ab.
reveal-ca = CA-Zertifikat (PEM)
reveal-ca-text = Damit prüft Ihr Programm, dass es mit dem richtigen Server spricht.
reveal-ca-text-database = Bei psql zum Beispiel mit sslmode=verify-full.
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
terminate-kept = { $n-count ->
        [0] Mit dem Ende werden Ihre Daten sofort und endgültig gelöscht.
        [one] Nach dem Ende bleiben Ihre Daten 1 Tag aufbewahrt, wie im Tarif zugesagt; dann werden sie endgültig gelöscht.
       *[other] Nach dem Ende bleiben Ihre Daten { $n-count } Tage aufbewahrt, wie im Tarif zugesagt; dann werden sie endgültig gelöscht.
    }
terminate-confirm = { $n-count ->
        [0] Ich habe meine Daten gesichert oder brauche sie nicht mehr. Sie werden mit dem Ende endgültig gelöscht.
        [one] Ich habe meine Daten gesichert oder brauche sie nicht mehr. Sie werden 1 Tag nach dem Ende endgültig gelöscht, oder sofort, wenn ich das gewählt habe.
       *[other] Ich habe meine Daten gesichert oder brauche sie nicht mehr. Sie werden { $n-count } Tage nach dem Ende endgültig gelöscht, oder sofort, wenn ich das gewählt habe.
    }
terminate-send = Beendigung zur Freigabe senden
terminate-keep = Buchung behalten
terminate-what = Was dann geschieht
terminate-step-approve = Freigabe: { $names }. Sie selbst können nicht freigeben.
terminate-step-stop = Zum gewünschten Ende wird der Dienst abgeschaltet.
terminate-step-data = { $n-count ->
        [one] Ihre Daten bleiben 1 Tag aufbewahrt.
       *[other] Ihre Daten bleiben { $n-count } Tage aufbewahrt.
    }
terminate-step-data-none = Ihre Daten werden sofort gelöscht.
terminate-step-proof = Sie erhalten Schlussrechnung und Löschnachweis auf der Seite der Buchung.
terminate-saves = Danach entfallen { $monthly-eur } im Monat, netto.
booking-final-invoice-issue = Schlussrechnung ausstellen
booking-settled = Abgerechnet. Alles, was diese Buchung gekostet hat, steht auf einer Rechnung.
booking-power = Anhalten und starten
booking-power-text-on = Angehalten ist der Dienst nicht erreichbar, die Daten bleiben. Ein voller Monat kostet dann { $stopped-eur } statt { $running-eur }, netto.
booking-power-text-off = Der Dienst ist angehalten, die Daten bleiben. Läuft er wieder, kostet ein voller Monat { $running-eur } statt { $stopped-eur }, netto.
power-title-stop = { $name } anhalten
power-title-start = { $name } wieder starten
power-lead-stop = Für die Nacht, das Wochenende oder bis auf Weiteres: Was steht, kostet weniger.
power-lead-start = Der Dienst kommt mit denselben Daten und unter derselben Adresse zurück.
power-stop = Jetzt anhalten
power-start = Jetzt starten
power-leave = Nichts ändern
power-reason = Grund (freiwillig)
power-reason-hint = Steht bei der Bestellung und im Protokoll.
power-what = Was dann geschieht
power-cost-running = Voller Monat, laufend
power-cost-stopped = Voller Monat, angehalten
power-stop-point-reach = Der Dienst ist nach wenigen Augenblicken nicht mehr erreichbar. Offene Verbindungen brechen ab.
power-stop-point-data = Daten, Adresse und Zugangsdaten bleiben, wie sie sind.
power-start-point-same = Daten, Adresse und Zugangsdaten sind dieselben.
power-start-point-room = Der Start braucht freien Platz am Standort. Ist keiner da, sagt es die Seite der Buchung.
power-point-approval = Eine Freigabe ist nicht nötig. Abgerechnet wird auf die Sekunde.
power-not-role = Dafür ist die Rolle „Bestellen“ nötig. Wer in Ihrer Organisation Rollen vergibt, kann sie Ihnen geben.
power-not-not-ready = Anhalten geht, sobald die Buchung einmal bereit war.
booking-change = Tarif und Größe
booking-change-text = Anderer Tarif, mehr Speicher, andere Netze: Sie sehen den Preis vorher und nachher, bevor Sie bestellen. Danach gibt jemand frei.
booking-change-button = Buchung ändern
booking-revert-text = Die letzte Änderung ist am Standort noch nicht wirksam. Sie können sie zurücknehmen: Es bleibt, was vorher bestellt war, und das vorgemerkte Geld wird frei. Eine Freigabe ist dafür nicht nötig.
booking-revert-button = Änderung zurücknehmen
change-title = { $name } ändern
change-lead = Wählen Sie, was anders sein soll. Zuerst sehen Sie den Preis, dann bestellen Sie.
change-plan-present = Ihr jetziger Tarif
change-plan-choose = Diesen Tarif ansehen
change-what = Was anders sein soll
change-fixed = steht für die ganze Buchung fest
change-reason-hint = Wozu die Änderung gebraucht wird. Wer freigibt, liest es.
change-compare = Preis vorher und nachher ansehen
change-price = Preis vorher und nachher
change-before = Voller Monat bisher, netto
change-after = Voller Monat danach, netto
change-difference = Unterschied
change-counts-from-effect = Der neue Preis gilt, sobald der Standort die Änderung umgesetzt hat, auf die Sekunde. Bis dahin zahlen Sie wie bisher.
change-counts-from-agreement = Der neue Preis gilt ab der Freigabe, auf die Sekunde, auch wenn der Standort länger braucht.
change-reserves = Im Haushaltsansatz der Buchung werden zusätzlich { $amount-eur } brutto vorgemerkt.
change-approvers = Zur Freigabe geht es an { $names }.
change-send = Änderung verbindlich bestellen
change-point-approval = Jemand anderes gibt die Änderung frei, bevor etwas geschieht.
change-point-price = Was teurer wird, kostet erst mehr, wenn es da ist. Was billiger wird, kostet ab der Freigabe weniger.
change-point-break = Beim Umbau kann der Dienst kurz unterbrochen sein. Daten und Zugangsdaten bleiben. Auch die Adresse bleibt, außer Sie ändern, von wo aus er erreichbar ist.
change-point-machine = Ein anderer Tarif wird wirksam, sobald Sie die Maschine anhalten und wieder starten. Festplatte und Schlüssel bleiben. Auch die Adresse bleibt, außer Sie ändern, von wo aus sie erreichbar ist.
change-point-back = Solange der Standort die Änderung nicht umgesetzt hat, können Sie sie zurücknehmen.
change-what-changes = Was sich ändert
change-from-to = { $before } → { $after }
booking-data-until-text = Niemand erreicht die Buchung mehr, und sie kostet nichts. Bis dahin können Sie sie zurückholen.
booking-proof-download = Löschnachweis herunterladen
resume-title = Ende zurücknehmen
resume-text = Die Buchung kommt mit denselben Daten, unter derselben Adresse und zum selben Preis zurück, sobald jemand freigegeben hat. Die Zeit dazwischen kostet nur, was auch angehalten kostet.
resume-reason-hint = Warum wird die Buchung doch gebraucht?
resume-send = Zur Freigabe senden
terminate-at-once = Daten sofort löschen
terminate-at-once-hint = { $n-count ->
        [one] Sonst bleiben sie 1 Tag liegen, und Sie können die Buchung so lange zurückholen.
       *[other] Sonst bleiben sie { $n-count } Tage liegen, und Sie können die Buchung so lange zurückholen.
    }
phase-note-kept-until = Daten bleiben bis { $until-at }
progress-resume = Länger behalten
order-data = Daten
order-data-at-once = Werden mit dem Ende sofort und endgültig gelöscht
order-data-kept = { $n-count ->
        [one] Bleiben 1 Tag aufbewahrt, dann werden sie endgültig gelöscht
       *[other] Bleiben { $n-count } Tage aufbewahrt, dann werden sie endgültig gelöscht
    }

# Zugangsdaten in Verwahrung
reveal-not-seen = { $name } hat die Zugangsdaten am { $shown-at } gesehen. Wer sie noch einmal braucht, lässt sie vorher wechseln; danach lassen sich die neuen einmal anzeigen.
reveal-not-changing = Die Zugangsdaten werden gerade gewechselt. Sobald der Standort neue gemacht hat, lassen sie sich hier einmal anzeigen; meist dauert das unter einer Minute.
rotation-title = Zugangsdaten wechseln
rotation-button = Jetzt wechseln
rotation-warning-engine = Das bisherige Passwort gilt dann nicht mehr: Alles, was es benutzt, verliert die Verbindung, bis Sie dort das neue eintragen. Eine Freigabe ist nicht nötig, es kostet nichts; die anderen Zuständigen erfahren es per Mail.
rotation-warning-broker = Der Dienst macht neue Zugangsdaten. Die bisherigen gelten noch bis zu sieben Tage; tragen Sie bis dahin die neuen ein. Eine Freigabe ist nicht nötig; die anderen Zuständigen erfahren es per Mail.
rotation-people = Wenn Sie sie noch einmal anfordern, vergibt der Anbieter neue; die bisherigen gelten dann nicht mehr.
rotation-none-inside = Das Passwort wechseln Sie in der Anwendung selbst. Hier steht das der ersten Anmeldung; jede Anzeige erfahren die anderen Zuständigen per Mail.
rotation-none-nothing = Hier gibt es nichts zu wechseln: Sie melden sich mit Ihrem eigenen Schlüssel an. Einen anderen hinterlegen Sie in der Maschine.
access-history = Wer die Zugangsdaten gesehen und gewechselt hat
access-event-shown = Angezeigt
access-event-change-ordered = Wechsel bestellt
access-event-changed = Gewechselt; die früheren werden nicht mehr ausgegeben
access-event-change-failed = Nicht gewechselt: Am Standort gab es keine
notice-access-changing = Die Zugangsdaten werden gewechselt
    .text = Sobald der Standort neue gemacht hat, erfahren Sie es per Mail und können sie einmal anzeigen.
refused-reveal-seen = { $name } hat die Zugangsdaten am { $shown-at } gesehen. Lassen Sie sie zuerst wechseln.
refused-reveal-changing = Die Zugangsdaten werden gerade gewechselt. Versuchen Sie es in einer Minute noch einmal.
refused-rotation-not-possible = Diese Art von Buchung kann ihre Zugangsdaten nicht von außen wechseln.
mail-access-changing = Zugangsdaten werden gewechselt: { $title } ({ $number })
mail-body-access-changing = Guten Tag, { $name } lässt seit { $requested-at } die Zugangsdaten von „{ $title }“ wechseln. Was die bisherigen benutzt, verliert die Verbindung. Buchung ansehen: { $link }
mail-access-changed = Neue Zugangsdaten: { $title } ({ $number })
mail-body-access-changed = Guten Tag, die Zugangsdaten von „{ $title }“ sind gewechselt. Sie können die neuen jetzt einmal anzeigen: { $link }
mail-access-not-changed = Zugangsdaten nicht gewechselt: { $title } ({ $number })
mail-body-access-not-changed = Guten Tag, der Standort hat die Zugangsdaten von „{ $title }“ nicht gewechselt: Er konnte es nicht, oder er hat nicht rechtzeitig geantwortet. Solange er nichts anderes meldet, versuchen Sie es mit den bisherigen. Sie können den Wechsel noch einmal bestellen: { $link }
audit-booking-rotate = Zugangsdaten gewechselt
resume-text-before = Die Buchung läuft dann weiter wie bisher, zum selben Preis, sobald jemand freigegeben hat. Was sie im Haushaltsjahr zusätzlich kostet, wird vorher vorgemerkt.
assigned = Wohin sie gehört
assigned-now = gilt jetzt
assigned-from = ab { $from-at }
assigned-first = von Anfang an
assigned-button = Umbuchen
transfer-title = { $name } umbuchen
transfer-lead = Andere Kostenstelle, anderes Sachkonto oder anderer Haushaltsansatz, auch ein anderes Amt oder das nächste Haushaltsjahr.
transfer-line-hint = Das Amt des Haushaltsansatzes wird das Amt der Buchung.
transfer-from = Ab welchem Tag gilt das?
transfer-from-hint = Frühestens { $earliest-date }. Heute heißt: sobald jemand freigegeben hat. Rückwirkend geht es nicht.
transfer-reason-hint = Warum zieht die Buchung um? Wer freigibt, liest es.
transfer-send = Zur Freigabe senden
transfer-present = Bisher
transfer-what-changes = Was sich ändert
transfer-point-service = Der Dienst läuft unverändert weiter, zum selben Preis und unter derselben Adresse.
transfer-point-invoice = Rechnungen trennen ihre Posten am ersten Tag auf die Sekunde.
transfer-point-money = Im neuen Haushaltsansatz wird der Rest seines Jahres gebunden. Im bisherigen wird frei, was übrig ist, sobald die Monate bis dahin abgerechnet sind.
resume-title-before = Verlängern
resume-until = Bis wann? (freiwillig)
resume-until-hint = Mit Beginn dieses Tages endet die Buchung. Leer heißt: ohne Ende.
exports = So kommen Ihre Daten heraus
exports-toc = Daten mitnehmen
exports-before-end = Haben Sie Ihre Daten?
export-database-dump = Inhalt der Datenbank
    .how = Mit pg_dump oder einem anderen PostgreSQL-Programm auf Ihrer Seite, mit den Zugangsdaten der Buchung. Der Anbieter muss dafür nichts tun.
    .kept = Geht, solange die Datenbank läuft. Nach dem Ende nehmen Sie das Ende innerhalb der Aufbewahrung zurück; dann läuft sie wieder.
export-secure-shell = Dateien der Maschine
    .how = Über SSH mit Ihrem eigenen Schlüssel, zum Beispiel mit rsync oder scp.
    .kept = Geht, solange die Maschine läuft. Nach dem Ende nehmen Sie das Ende innerhalb der Aufbewahrung zurück; dann startet sie wieder.
export-by-application = Inhalte der Anwendung
    .how = Mit den Funktionen der Anwendung selbst; was sie ausgibt, steht in der Beschreibung des Angebots.
    .kept = Geht, solange die Anwendung läuft. Nach dem Ende nehmen Sie das Ende innerhalb der Aufbewahrung zurück.
export-by-service = Daten des Dienstes
    .how = Mit den Funktionen des Dienstes selbst; was er ausgibt, steht in der Beschreibung des Angebots.
    .kept = Geht, solange der Dienst läuft. Mit dem Ende löscht ihn der Betreiber des Dienstes.
export-by-people = Daten beim Anbieter
    .how = Der Anbieter übergibt sie auf Anfrage; was und wie, steht in der Beschreibung des Angebots.
    .kept = Vereinbaren Sie die Übergabe, bevor Sie das Ende bestätigen.
export-marketplace = Vorgang im Marktplatz
export-marketplace-file = Alles zu dieser Buchung als JSON-Datei
export-marketplace-any-time = JSON-Datei auf der Seite der Buchung, jederzeit, auch nach dem Ende
export-marketplace-text = Bestellungen, Vereinbarungen, Ereignisse, Aufgaben, Messwerte, Posten und Rechnungsnummern. Zugangsdaten stehen nicht darin, der Marktplatz bewahrt keine auf.
backups = Sicherungen
backups-promised = Zugesagt
backups-days = { $n-count ->
    [one] ein Tag zurück
   *[other] { $n-count } Tage zurück
    }
backups-last = Letzte vollständige Sicherung
backups-none-yet = noch keine; die erste folgt auf den Start
backups-since = Frühester Stand, der wiederherstellbar ist
backups-archiving = Seither wird jede Änderung mitgeschrieben.
backups-not-archiving = Zurzeit wird nicht mitgeschrieben: Was nach der letzten Sicherung geändert wurde, ist noch nicht gesichert. Der Plattformbetrieb des Anbieters kümmert sich.
restore-title = { $name }: früheren Stand wiederherstellen
restore-lead = Sie bestellen, dass die Daten wieder so sind wie zu einem früheren Zeitpunkt. Bis der frühere Stand bereit ist, läuft die Datenbank unverändert weiter.
restore-day = Von welchem Tag ist der Stand?
restore-day-hint = Möglich ist jeder Zeitpunkt vom { $since-exact } bis zum { $until-exact }, deutsche Zeit. Wählen Sie einen Zeitpunkt vor der letzten Änderung der Daten: Einen späteren erreicht die Datenbank nicht.
restore-time = Uhrzeit
restore-time-hint = Stunde und Minute, bei Bedarf Sekunde, zum Beispiel 14:05 oder 14:05:30
restore-justification-hint = Was ist geschehen? Wer freigibt, liest es.
restore-confirm = { $n-count ->
    [one] Mir ist klar: Was nach diesem Zeitpunkt geschrieben wurde, fehlt dann. Der jetzige Stand bleibt noch einen Tag liegen. Ein zweites Mal lässt sich der Zeitpunkt nicht wählen.
   *[other] Mir ist klar: Was nach diesem Zeitpunkt geschrieben wurde, fehlt dann. Der jetzige Stand bleibt noch { $n-count } Tage liegen. Ein zweites Mal lässt sich der Zeitpunkt nicht wählen.
    }
restore-send = Zur Freigabe senden
restore-keep = Stand behalten
restore-what = Was dann geschieht
restore-step-approve = Freigabe: { $names }. Sie selbst können nicht freigeben.
restore-step-beside = Der Standort stellt den früheren Stand neben der laufenden Datenbank her. Misslingt das, läuft sie weiter wie bisher, und die Seite der Buchung sagt warum.
restore-step-over = Danach führen Name und Adresse zum früheren Stand. Passwort und CA-Zertifikat sind neu: Lassen Sie sich die Zugangsdaten noch einmal anzeigen.
restore-step-kept = { $n-count ->
    [one] Der bisherige Stand wird nach einem Tag gelöscht, oder sobald Sie es sagen.
   *[other] Der bisherige Stand wird nach { $n-count } Tagen gelöscht, oder sobald Sie es sagen.
    }
restore-costs = Es kostet nichts zusätzlich: Berechnet wird immer nur die Datenbank, die Sie benutzen.
restore-replaced = Ersetzter Stand
restore-replaced-until = Seit der Wiederherstellung gilt der Stand vom { $state-exact }. Was er ersetzt hat, bleibt bis zum { $until-at } liegen.
restore-link = Früheren Stand wiederherstellen
restore-drop = Ersetzten Stand jetzt löschen
restore-drop-confirm = Mir ist klar: Der ersetzte Stand wird gelöscht, und seine Sicherungen sind für uns nicht mehr erreichbar; der Anbieter löscht sie nach seiner Frist. Zurück geht es danach nur noch zu Zeitpunkten seit der Wiederherstellung.
field-drop-confirm-missing = Bestätigen Sie, dass der ersetzte Stand endgültig gelöscht werden soll.
progress-restore = Früheren Stand wiederherstellen
