### Standorte und Aufträge eines Anbieters.

locations-lead = Ihre Cluster und was deren Betreiberprogramm meldet. Alle Verbindungen öffnet das Programm im Cluster; der Marktplatz greift nie hinein.
locations-count = { $n-count ->
        [one] 1 Standort
       *[other] { $n-count } Standorte
    }
locations-empty = Noch keine Standorte
locations-empty-text = Legen Sie einen Standort an. Danach erhalten Sie einen Einmalcode, mit dem sich das Betreiberprogramm Ihres Clusters anmeldet.
location-new = Standort anlegen
location-name = Name des Standorts
location-name-hint = So heißt er in Angeboten und Buchungen, zum Beispiel „Beispielhausen“.
location-place = Ort und Land
location-place-hint = Zum Beispiel „Beispielhausen, Hessen“. Kunden sehen, wo ihre Daten liegen.
location-create = Standort anlegen
location-state-not-enrolled = Noch nicht angemeldet
location-state-connected = Verbunden
location-state-silent = Meldet sich nicht
location-state-revoked = Zugang entzogen
location-revoke = Zugang entziehen
location-revoke-note = Wirkt mit der nächsten Anfrage des Betreiberprogramms. Laufende Buchungen im Cluster bleiben unberührt.
location-no-bookings = Noch keine Buchungen an diesem Standort
location-no-bookings-text = Freigegebene Bestellungen holt sich das Betreiberprogramm von selbst.
heartbeat = letzte Meldung { $heartbeat-at }
heartbeat-head = Letzte Meldung
capacity = Platz
capacity-used = { $title }: { $used-number } von { $total-number } { $unit }
capacity-class = Klasse
capacity-in-use = belegt
capacity-total = gesamt
capacity-none = Der Standort hat noch nicht gemeldet, wie viel Platz er hat.
simulated-text = An diesem Standort laufen keine echten Arbeitslasten: Das Cluster spielt Knoten nur nach. Zugangsdaten und Messwerte sind Beispiele.
operator = Betreiberprogramm
enrolled = Angemeldet
enrolment-code = Einmalcode für die Anmeldung
enrolment-code-text = Gültig bis { $valid-at }, für genau eine Anmeldung. Wolkenamt speichert nur seine Prüfsumme.
enrolment-command = So melden Sie das Cluster an
enrolment-pending = Ein Einmalcode ist ausgegeben und gilt bis { $valid-at }.
enrolment-make = Einmalcode erzeugen
enrolment-make-note = Ein neuer Code macht einen früheren ungültig.
key-fingerprint = Fingerabdruck des Schlüssels
brokers = Service-Broker
broker-plans = { $n-count ->
        [one] { $name } (1 Tarif)
       *[other] { $name } ({ $n-count } Tarife)
    }
abilities = Was das Cluster durchsetzt
generation = Stand
generation-of = { $seen } von { $wanted }
provider-orders-empty = Zurzeit läuft nichts
provider-orders-empty-text = Hier erscheint jede freigegebene Bestellung, die bei Ihnen läuft.
