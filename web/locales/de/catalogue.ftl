### Katalog und Angebot.

catalogue-lead = Datenbanken, Anwendungen, virtuelle Maschinen und Online-Dienste von öffentlichen IT-Dienstleistern, mit Preisen und Bedingungen.
catalogue-search = Suche im Katalog
catalogue-placeholder = Zum Beispiel Datenbank, Chatbot
facet-kind = Art
facet-provider = Anbieter
catalogue-count = { $products-count ->
        [one] 1 Produkt
       *[other] { $products-count } Produkte
    }, { $offerings-count ->
        [one] 1 Angebot
       *[other] { $offerings-count } Angebote
    }
catalogue-prices = Preise netto, gültig am { $on-date }. Schutzbedarf in der Folge Vertraulichkeit, Integrität, Verfügbarkeit.
catalogue-reset = Suche und Filter zurücksetzen
catalogue-order-question = Wie kommt diese Reihenfolge zustande?
catalogue-order-answer = Produkte stehen alphabetisch, Anbieter eines Produkts ebenfalls. Bei einer Suche kommen zuerst Treffer im Titel, dann im Text. Kein Anbieter kann einen Platz kaufen. Was Sie nicht bestellen dürfen, steht trotzdem hier, mit dem Grund.
catalogue-col-product = Produkt und Anbieter
catalogue-col-price = Preis
catalogue-col-protection = Schutzbedarf bis
catalogue-providers = { $n-count ->
        [one] 1 Anbieter
       *[other] { $n-count } Anbieter
    }
catalogue-none-title = Kein Angebot passt zu „{ $q }“
catalogue-none-title-narrowed = Kein Angebot passt zu „{ $q }“ mit diesen Filtern
catalogue-none-title-filters = Kein Angebot passt zu diesen Filtern
catalogue-none-text = Suchen Sie mit einem anderen Wort, zum Beispiel „Datenbank“.
catalogue-none-text-filters = Entfernen Sie Filter oder suchen Sie mit einem anderen Wort, zum Beispiel „Datenbank“.
catalogue-empty-title = Noch keine Angebote
catalogue-empty-text = Hier erscheinen die Angebote der Anbieter, sobald sie veröffentlicht sind.
price-from = ab
price-plus = zuzüglich { $what }
price-month = im Monat
price-once = einmalig
price-unit = je { $unit }
price-unit-month = je { $unit } und Monat
price-none = Preis auf Anfrage
price-basis = Bezug
price-included = { $n-number } { $unit } enthalten
price-tier = bis { $up-to-number }: { $price-eur }
price-tier-last = darüber: { $price-eur }
protection-spoken = Vertraulichkeit { $confidentiality }, Integrität { $integrity }, Verfügbarkeit { $availability }
protection-note = Vertraulichkeit, Integrität und Verfügbarkeit nach IT-Grundschutz
offering-version = Version des Angebots
offering-version-of = { $version } vom { $valid-date }
offering-ready = Bereit nach Freigabe
usually-minutes = { $n-count ->
        [one] meist in 1 Minute
       *[other] meist in { $n-count } Minuten
    }
offering-toc-use = Wofür
offering-toc-price = Preis
offering-toc-eligible = Darf ich bestellen?
offering-toc-data = Ort der Daten
offering-toc-security = Sicherheit
offering-toc-operation = Betrieb
offering-toc-exit = Ausstieg
offering-toc-versions = Versionen
offering-use = Wofür ist das Angebot gut?
offering-suited = Gut geeignet
offering-unsuited = Nicht geeignet
offering-price = Was kostet es meine Behörde?
offering-prices-from = Preise gültig ab { $from-date }
offering-all-prices = Alle Tarife und Preisbestandteile
offering-prices-of = Preise im Tarif { $plan }
offering-eligible = Darf meine Behörde bestellen?
eligible-visitor = Das hängt von Ihrer Behörde ab: von Rollen, Rechtsgrundlage und Haushalt. Nach der Anmeldung sehen Sie es hier.
eligible-yes = Für { $organisation } liegt vor, was zum Bestellen nötig ist.
eligible-no = Für { $organisation } fehlt noch etwas, bevor Sie bestellen können.
eligible-responsible = Nachweise sind hinterlegt, aber nicht rechtlich geprüft. Dafür bleibt Ihre Behörde verantwortlich.
offering-facts-data = Wo liegen die Daten?
offering-facts-security = Wie sicher ist es?
offering-facts-operation = Worauf können wir uns verlassen?
offering-facts-exit = Wie kommen wir wieder heraus?
offering-documents = Unterlagen
offering-documents-note = Jede Fassung bleibt abrufbar. Die Prüfsumme steht in Ihrem Vertrag.
document-edition = Fassung
document-size = Größe
sha256 = Prüfsumme (SHA-256)
valid-from = Gültig ab
valid-until = gültig bis { $until-date }
version-current = aktuell
offering-versions = Was hat sich geändert?
offering-versions-note = Laufende Buchungen behalten ihre Version und ihren Preis.
order-verb = Bestellen
order-begin = Bestellung beginnen
order-sign-in = Anmelden und bestellen
order-ask-person = { $name } um die Bestellung bitten
order-ask-note = Die Person findet Ihre Auswahl als Entwurf bei ihren Aufgaben und erhält eine Mail. Es wird nichts bestellt und kein Geld gebunden.
order-ask-nobody = In Ihrer Organisation ist niemand eingetragen, der bestellen darf. Behörden bestellen; Anbieter und Marktplatz sehen den Katalog nur an.
order-not-binding = Noch nicht verbindlich. Sie prüfen alle Angaben vor dem Absenden.
order-something-missing = Es fehlt noch etwas, siehe „Darf meine Behörde bestellen?“. Sie können anfangen; Ihre Angaben bleiben als Entwurf.
panel-list-price = Listenpreis
panel-total-net = { $n-count ->
        [one] In 1 Monat, netto
       *[other] In { $n-count } Monaten, netto
    }
vat-visitor = Ob und wie viel Umsatzsteuer anfällt und was Ihre Behörde insgesamt zahlt, sehen Sie nach dem Anmelden.
