### Dasselbe Produkt mehrerer Anbieter nebeneinander.

catalogue-compare = { $n-count } Anbieter vergleichen
compare-link = Mit anderen Anbietern vergleichen
compare-title = Vergleich: { $title }
compare-h1 = { $n-count ->
        [one] Ein Anbieter
       *[other] { $n-count } Anbieter im Vergleich
    }
compare-for = Preise und Rechtsgrundlagen für { $organisation }.
compare-visitor = Listenpreise, netto. Preise für Ihre Behörde sehen Sie nach der Anmeldung:
compare-as-of = Stand
compare-change = Größe und Anforderungen ändern
compare-again = Neu vergleichen
compare-demands = Schutzbedarf, Ort und Nachweise verlangen
compare-different = Unterschiede
compare-neutral = Anbieter stehen alphabetisch. Wolkenamt gibt keine Empfehlung.
compare-same = Bei allen gleich
compare-same-count = { $n-count ->
        [one] 1 Merkmal
       *[other] { $n-count } Merkmale
    }
compare-caption = Unterschiede der Angebote
compare-row-monthly = Preis im Monat, netto
compare-row-total = { $n-count ->
        [one] 1 Monat, den Sie zahlen
       *[other] { $n-count } Monate, die Sie zahlen
    }
compare-row-total-net = { $n-count ->
        [one] 1 Monat, netto
       *[other] { $n-count } Monate, netto
    }
compare-row-place = Standort
compare-row-protection = Schutzbedarf bis
compare-row-certificates = Nachweise
compare-row-promised = Verfügbarkeit, zugesagt
compare-row-measured = Verfügbarkeit, gemessen
compare-row-keep-days = Daten nach dem Ende
compare-row-legal-basis = Rechtsgrundlage
compare-row-order = Bestellen
compare-none = keiner
compare-no-price = nicht in dieser Größe
compare-once = zuzüglich { $once-eur } einmalig
compare-measured = { $months-count ->
        [one] 1 Monat
       *[other] { $months-count } Monate
    }, bis zu { $bookings-count ->
        [one] 1 Buchung
       *[other] { $bookings-count } Buchungen
    }
compare-not-measured = noch nicht gemessen
compare-keep = { $n-count ->
        [one] 1 Tag aufbewahrt
       *[other] { $n-count } Tage aufbewahrt
    }
compare-keep-none = sofort gelöscht
compare-basis-none = keine hinterlegt
compare-may = möglich
compare-may-not = zurzeit nicht möglich
compare-sign-in = nach der Anmeldung
compare-choose = Auswählen
compare-choose-text = Mit der Bestellung zeichnet Wolkenamt auf, warum dieses Angebot und keines der anderen genommen wurde: für die Freigabe und für die Revision.
compare-order = Hier bestellen
compare-not-authority = Bestellen können nur Behörden.
compare-not-role = Ihnen fehlt die Rolle „bestellt“.
compare-not-no-legal-basis = Für diesen Anbieter ist keine Rechtsgrundlage hinterlegt.
compare-not-size = In dieser Größe gibt es das Angebot nicht.
compare-not-place = Kein Standort kann die Bestellung annehmen.
