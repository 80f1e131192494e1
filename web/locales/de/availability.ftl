### Verfügbarkeit einer Buchung und angekündigte Wartung.

available = Verfügbarkeit
available-title = Verfügbarkeit: { $name }
available-h1 = Verfügbarkeit im { $month }
available-lead = Gemessen aus den Meldungen des Standorts, auf die Sekunde. Jede Unterbrechung steht unten.
available-lead-running = Der Monat läuft noch. Gemessen aus den Meldungen des Standorts bis jetzt; jede Unterbrechung steht unten.
available-sum = Gemessen und zugesagt
available-month = Monat
available-months = Monate
available-measured = gemessen
available-promised = zugesagt
available-at-least = mindestens { $percent-number } %, wenn alles Unbekannte eine Störung war
available-unknown = unbekannt
available-no-promise = nichts zugesagt
available-nothing = nichts zu messen
available-kept = eingehalten
available-missed = nicht eingehalten
available-open = offen
available-so-far-kept = bisher eingehalten
available-so-far-missed = bisher nicht eingehalten
available-so-far-open = offen
available-stretches = { $n-count ->
        [one] 1 Zeitraum nicht verfügbar
       *[other] { $n-count } Zeiträume nicht verfügbar
    }
available-lead-time = Wartung zählt als vereinbart, wenn sie { $n-count } Stunden vorher angekündigt ist
available-kind = Art der Zeit
available-duration = Dauer
available-whole = ganzer Monat
available-formula = Gemessen ist verfügbar geteilt durch verfügbar und gestört. Wartung, unbekannte und nicht gezählte Zeit bleiben außen vor; gerundet wird nie auf.
available-evidence = Wann sie nicht verfügbar war
available-evidence-none = In diesem Monat war sie durchgehend verfügbar, soweit sie gezählt wird.
available-open-end = dauert an
use-available = verfügbar
    .text = Der Standort hat gemeldet, dass sie nutzbar ist
use-interrupted = gestört
    .text = Nicht nutzbar, ohne dass Sie das bestellt hatten
use-maintenance = vereinbarte Wartung
    .text = Nicht nutzbar oder ohne Meldung in rechtzeitig angekündigter Wartung
use-unknown = unbekannt
    .text = Der Standort hat sich nicht gemeldet; das gilt nicht als verfügbar
use-not-counted = nicht gezählt
    .text = Vor der ersten Bereitschaft, von Ihnen angehalten oder beendet, oder noch nicht vergangen
maintenance = Wartung
maintenance-title = Wartung am Standort { $name }
maintenance-open = Wartung ansehen und ankündigen
maintenance-text = Kunden mit Buchungen hier erhalten zu jeder Ankündigung eine E-Mail und sehen sie bei ihrer Buchung.
maintenance-lead = { $bookings-count ->
        [one] Hier läuft 1 Buchung
       *[other] Hier laufen { $bookings-count } Buchungen
    } { $customers-count ->
        [one] von 1 Kunden.
       *[other] von { $customers-count } Kunden.
    } Was Sie ankündigen, erfahren alle davon.
maintenance-windows = Angekündigt
maintenance-empty = Keine Wartung angekündigt
maintenance-empty-text = Hier stehen kommende Fenster und die der letzten 90 Tage.
maintenance-announce = Wartung ankündigen
maintenance-announce-hint = Zeiten wie in Deutschland auf der Uhr. Als vereinbart zählt sie bei allen Buchungen hier, wenn sie frühestens { $earliest-at } beginnt; früher ist möglich, zählt aber nicht.
maintenance-from = Beginn
maintenance-until = Ende
maintenance-reason = Was Sie tun und was Kunden davon merken
maintenance-reason-hint = Steht so in der E-Mail und bei jeder Buchung. Höchstens 500 Zeichen.
maintenance-shorten = Verkürzen oder zurückziehen
maintenance-shorten-hint = Ein Fenster wird nur kürzer; die Ankündigung bleibt lesbar. Lassen Sie leer, was bleibt.
maintenance-new-from = Späterer Beginn
maintenance-new-until = Früheres Ende
maintenance-shorten-button = Verkürzen
maintenance-withdraw = Zurückziehen
maintenance-rules = Was gilt
maintenance-rule-lead = Vereinbart ist, was { $n-count } Stunden vorher angekündigt ist. Später Angekündigtes wird gezeigt, zählt aber als Störung.
maintenance-rule-mail = Wer hier eine Buchung hat, erhält eine E-Mail, auch wenn Sie verkürzen oder zurückziehen.
maintenance-rule-history = Nichts davon wird nachträglich geändert. Verkürzen und Zurückziehen sind neue Einträge.
maintenance-coming = kommt
maintenance-running = läuft
maintenance-over = vorbei
maintenance-state-withdrawn = zurückgezogen
maintenance-notice-announced = Angekündigt { $said-at }
maintenance-notice-shortened = Verkürzt { $said-at }
maintenance-notice-withdrawn = Zurückgezogen { $said-at }
maintenance-said = Angekündigt { $announced-at }.
maintenance-was-shortened = Seitdem verkürzt.
maintenance-agreed = zählt als vereinbart
maintenance-late = zu spät angekündigt, zählt nicht
maintenance-late-note = Was zu spät angekündigt wurde, wird gezeigt, entschuldigt aber keine Störung.
notice-maintenance-announced = Die Wartung ist angekündigt
    .text = Kunden mit Buchungen hier erhalten eine E-Mail.
notice-maintenance-shortened = Die Wartung ist verkürzt
    .text = Kunden mit Buchungen hier erhalten eine E-Mail.
notice-maintenance-withdrawn = Die Wartung ist zurückgezogen
    .text = Kunden, die davon wussten, erhalten eine E-Mail.
field-moment-from = Beginn: Geben Sie Tag und Uhrzeit an, zum Beispiel 5.12.2026, 22:00 Uhr.
field-moment-until = Ende: Geben Sie Tag und Uhrzeit an, zum Beispiel 5.12.2026, 23:30 Uhr.
field-maintenance-reason = Was Sie tun: Schreiben Sie, was Sie tun und was Kunden davon merken, mit höchstens { $max } Zeichen.
field-maintenance-empty = Ende: Es muss nach dem Beginn liegen.
field-maintenance-past = Das liegt in der Vergangenheit. Was war, lässt sich nicht mehr ankündigen oder verkürzen.
field-maintenance-too-long = Ein Fenster dauert höchstens sieben Tage. Kündigen Sie mehrere an.
field-maintenance-too-far = Beginn: Wartung wird höchstens ein Jahr im Voraus angekündigt. Prüfen Sie das Jahr.
field-maintenance-begun = Die Wartung hat begonnen. Sie kann nur früher enden.
field-maintenance-not-shorter = Ein Fenster wird nur kürzer und reicht nie über das Angekündigte hinaus. Kündigen Sie sonst ein neues an.
field-maintenance-over = Diese Wartung ist vorbei oder zurückgezogen.
refused-maintenance-empty = Das Ende muss nach dem Beginn liegen.
refused-maintenance-past = Das liegt in der Vergangenheit.
refused-maintenance-too-long = Ein Fenster dauert höchstens sieben Tage.
refused-maintenance-too-far = Wartung wird höchstens ein Jahr im Voraus angekündigt.
refused-maintenance-begun = Die Wartung hat begonnen. Sie kann nur früher enden.
refused-maintenance-not-shorter = Ein Fenster wird nur kürzer und reicht nie über das Angekündigte hinaus.
refused-maintenance-over = Diese Wartung ist vorbei oder zurückgezogen.
mail-maintenance-announced = Wartung am Standort { $location } ab { $from-at }
mail-body-maintenance-announced = Guten Tag, der Anbieter kündigt Wartung am Standort { $location } an: { $from-at } bis { $until-at }. Grund: „{ $reason }“. Betroffen: { $names }{ $more-count ->
        [0] {""}
       *[other] {" "}und { $more-count } weitere
    }. Sie müssen nichts tun; ob die Zeit als vereinbart zählt, steht bei der Buchung: { $link }
mail-maintenance-shortened = Wartung am Standort { $location } ist kürzer
mail-body-maintenance-shortened = Guten Tag, die Wartung am Standort { $location } dauert jetzt nur von { $from-at } bis { $until-at }. Grund: „{ $reason }“. Betroffen: { $names }{ $more-count ->
        [0] {""}
       *[other] {" "}und { $more-count } weitere
    }. Ansehen: { $link }
mail-maintenance-withdrawn = Wartung am Standort { $location } entfällt
mail-body-maintenance-withdrawn = Guten Tag, die Wartung am Standort { $location }, angekündigt für { $from-at } bis { $until-at }, entfällt. Betroffen gewesen wären: { $names }{ $more-count ->
        [0] {""}
       *[other] {" "}und { $more-count } weitere
    }. Ansehen: { $link }
