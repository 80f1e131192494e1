### Wo eine Bestellung läuft: Anforderungen, Auswahl, Gründe.

place-title = Wo soll es laufen?
place-needs = Schutzbedarf
place-needs-hint = Ihr Schutzbedarf nach IT-Grundschutz (BSI-Standard 200-2). Standorte, die dafür nicht zugelassen sind, scheiden aus.
aim-confidentiality = Vertraulichkeit
aim-integrity = Integrität
aim-availability = Verfügbarkeit
need-normal = normal
need-high = hoch
need-very-high = sehr hoch
place-stay = Wo die Daten bleiben
place-stay-hint = Alle Standorte liegen in Deutschland. Verlangen Sie mehr nur, wenn es einen Grund dafür gibt.
place-stay-anywhere = an jedem Standort des Anbieters
place-stay-land = nur in { $land }
place-stay-own = nur im eigenen Rechenzentrum
place-certificate = Nachweis, den der Standort haben muss
place-certificate-hint = Gilt, solange der Nachweis am Tag der Bestellung nicht abgelaufen ist.
place-certificate-none = keiner verlangt
certificate-c5-type-1 = BSI C5 Typ 1
certificate-c5-type-2 = BSI C5 Typ 2
certificate-iso-27001 = ISO 27001
certificate-it-grundschutz = ISO 27001 auf Basis von IT-Grundschutz
place-by-rule = Wolkenamt wählt nach Regel
place-by-rule-hint = Unter den Standorten, die alles erfüllen: wer sich zuletzt gemeldet hat, dann der Preis, dann der freie Platz, dann der Name.
place-by-rule-note = nach Regel gewählt: zuletzt gemeldet, Preis, freier Platz, Name
place-by-hand-note = von der bestellenden Person gewählt
place-by-people = Richtet der Anbieter persönlich ein
place-up-to = Schutzbedarf bis
place-shut = { $n-count ->
        [one] Ein Standort scheidet aus
       *[other] { $n-count } Standorte scheiden aus
    }
place-where = Wo es läuft
place-verdicts = Warum hier und nicht woanders
place-cost = { $n-count ->
        [one] 1 Monat, brutto
       *[other] { $n-count } Monate, brutto
    }
place-outcome = Ergebnis
place-chosen = gewählt
place-not-chosen = möglich, nicht gewählt
place-left-out = scheidet aus
place-as-of = Beurteilt am { $placed-at }, mit Preisen und Meldungen von diesem Zeitpunkt. Diese Aufzeichnung wird nicht mehr geändert.
left-out-without-operator = Dort ist kein Betreiberprogramm angemeldet.
left-out-silent = Das Betreiberprogramm meldet sich nicht, zuletzt { $since-at }.
left-out-not-the-kind = Der nötige Dienst fehlt dort im Cluster.
left-out-not-the-broker = Der Dienst, über den das Angebot eingerichtet wird, ist dort nicht angebunden.
left-out-not-the-choice = Die gewählte Version oder Ausstattung gibt es dort nicht.
left-out-protection-confidentiality = Vertraulichkeit: zugelassen bis { $offered ->
        [normal] normal
        [high] hoch
       *[other] sehr hoch
    }, verlangt ist { $needed ->
        [normal] normal
        [high] hoch
       *[other] sehr hoch
    }.
left-out-protection-integrity = Integrität: zugelassen bis { $offered ->
        [normal] normal
        [high] hoch
       *[other] sehr hoch
    }, verlangt ist { $needed ->
        [normal] normal
        [high] hoch
       *[other] sehr hoch
    }.
left-out-protection-availability = Verfügbarkeit: zugelassen bis { $offered ->
        [normal] normal
        [high] hoch
       *[other] sehr hoch
    }, verlangt ist { $needed ->
        [normal] normal
        [high] hoch
       *[other] sehr hoch
    }.
left-out-other-land = Liegt nicht in dem verlangten Land.
left-out-not-own-data-centre = Steht nicht in Ihrem eigenen Rechenzentrum.
left-out-certificate-missing = Der verlangte Nachweis fehlt.
left-out-certificate-over = Der verlangte Nachweis ist am { $until-date } abgelaufen.
left-out-full-vcpu = Zu wenig Prozessoren frei: { $free-number } vCPU, nötig sind { $needed-number }.
left-out-full-memory = Zu wenig Arbeitsspeicher frei: { $free-number } GiB, nötig sind { $needed-number }.
left-out-plain-silent = Das Betreiberprogramm meldet sich nicht.
left-out-plain-full-vcpu = Zu wenig Prozessoren frei.
left-out-plain-full-memory = Zu wenig Arbeitsspeicher frei.
left-out-no-plan = Das Angebot hat keinen vergleichbaren Tarif mit Preisen.
left-out-no-legal-basis = Für diesen Anbieter ist keine Rechtsgrundlage hinterlegt.
not-chosen-picked = Die bestellende Person hat anders gewählt.
not-chosen-not-heard = Der gewählte Standort hat sich in den letzten Minuten gemeldet, dieser nicht.
not-chosen-dearer = Kostet in { $months } Monaten { $by-eur } mehr als der gewählte Standort.
not-chosen-less-room = Kostet gleich viel; am gewählten Standort bleibt mehr frei.
not-chosen-same-by-name = In allem gleich; der Name entscheidet.
check-place-good = Der Standort { $location } hat Platz dafür
    .detail = Geprüft mit seiner letzten Meldung
check-place-full-bad = Am Standort { $location } ist kein Platz mehr
    .detail = { $n-count ->
        [0] Auch kein anderer Standort dieses Angebots hat zurzeit Platz. Lehnen Sie ab, dann wird das vorgemerkte Geld frei; bestellt werden kann bei einem anderen Anbieter.
       *[other] Platz haben noch: { $others }. Lehnen Sie ab, dann wird das vorgemerkte Geld frei und dort kann neu bestellt werden.
    }
check-place-unfit-bad = Der Standort { $location } erfüllt die Bestellung nicht mehr
    .detail = { $n-count ->
        [0] Auch kein anderer Standort dieses Angebots erfüllt sie zurzeit. Lehnen Sie ab, dann wird das vorgemerkte Geld frei; bestellt werden kann bei einem anderen Anbieter.
       *[other] Erfüllt wird sie noch an: { $others }. Lehnen Sie ab, dann wird das vorgemerkte Geld frei und dort kann neu bestellt werden.
    }
check-restore-no-room-bad = Am Standort { $location } ist kein Platz für den früheren Stand neben der laufenden Datenbank
    .detail = Bis der frühere Stand übernimmt, laufen beide. Warten Sie und versuchen Sie es vor Ablauf der Frist noch einmal; der Anbieter kann Platz schaffen.
refused-restore-no-room = Am Standort { $location } ist zurzeit kein Platz, um den früheren Stand neben der laufenden Datenbank herzustellen. Nichts ist freigegeben, und die Datenbank läuft unverändert. Versuchen Sie es vor Ablauf der Frist noch einmal, oder bitten Sie den Anbieter, Platz zu schaffen.
refused-place-full = Seit der Bestellung ist der Standort { $location } voll geworden. Die Freigabe würde nur warten, deshalb ist nichts freigegeben; es kostet nichts. { $n-count ->
        [0] Kein anderer Standort dieses Angebots hat zurzeit Platz. Lehnen Sie ab, oder warten Sie und versuchen Sie es vor Ablauf der Frist noch einmal.
       *[other] Platz haben noch: { $others }. Lehnen Sie ab und lassen Sie dort neu bestellen, oder versuchen Sie es vor Ablauf der Frist noch einmal.
    }
refused-place-unfit = Seit der Bestellung erfüllt der Standort { $location } sie nicht mehr. Es ist nichts freigegeben und es kostet nichts. { $n-count ->
        [0] Kein anderer Standort dieses Angebots erfüllt sie zurzeit. Lehnen Sie ab.
       *[other] Erfüllt wird sie noch an: { $others }. Lehnen Sie ab und lassen Sie dort neu bestellen.
    }
field-demand = Wählen Sie Schutzbedarf, Ort und Nachweis aus den angebotenen Werten.
field-location-unknown = Standort: Diesen Standort gibt es in diesem Angebot nicht. Wählen Sie einen der genannten.
field-place-without-operator = Standort { $name }: Dort ist kein Betreiberprogramm angemeldet. Wählen Sie einen anderen.
field-place-silent = Standort { $name }: Er meldet sich nicht, zuletzt { $since-at }. Wählen Sie einen anderen, oder fragen Sie den Anbieter.
field-place-not-the-kind = Standort { $name }: Dort fehlt der nötige Dienst im Cluster. Wählen Sie einen anderen.
field-place-not-the-broker = Standort { $name }: Dort ist der Dienst nicht angebunden, über den das Angebot eingerichtet wird. Wählen Sie einen anderen.
field-place-not-the-choice = Standort { $name }: Dort gibt es die gewählte Version oder Ausstattung nicht. Ändern Sie die Angaben oder wählen Sie einen anderen Standort.
field-place-protection-confidentiality = Schutzbedarf: Kein Standort deckt die verlangte Vertraulichkeit; { $name } ist nur bis { $offered ->
        [normal] „normal“
        [high] „hoch“
       *[other] „sehr hoch“
    } zugelassen. Prüfen Sie den Schutzbedarf, oder vergleichen Sie andere Anbieter.
field-place-protection-integrity = Schutzbedarf: Kein Standort deckt die verlangte Integrität; { $name } ist nur bis { $offered ->
        [normal] „normal“
        [high] „hoch“
       *[other] „sehr hoch“
    } zugelassen. Prüfen Sie den Schutzbedarf, oder vergleichen Sie andere Anbieter.
field-place-protection-availability = Schutzbedarf: Kein Standort deckt die verlangte Verfügbarkeit; { $name } ist nur bis { $offered ->
        [normal] „normal“
        [high] „hoch“
       *[other] „sehr hoch“
    } zugelassen. Prüfen Sie den Schutzbedarf, oder vergleichen Sie andere Anbieter.
field-place-other-land = Wo die Daten bleiben: Kein Standort liegt in dem verlangten Land. Der nächste wäre { $name }.
field-place-not-own-data-centre = Wo die Daten bleiben: Dieser Anbieter betreibt keinen Standort in Ihrem eigenen Rechenzentrum. Der nächste wäre { $name }.
field-place-certificate-missing = Nachweis: Kein Standort kann den verlangten zeigen, auch { $name } nicht.
field-place-certificate-over = Nachweis: Der verlangte von { $name } ist am { $until-date } abgelaufen, und kein anderer Standort hat ihn.
field-place-full-vcpu = Standort { $name }: Nur { $free-number } vCPU sind frei, nötig sind { $needed-number }. Wählen Sie einen kleineren Tarif, oder vergleichen Sie andere Anbieter.
field-place-full-memory = Standort { $name }: Nur { $free-number } GiB Arbeitsspeicher sind frei, nötig sind { $needed-number }. Wählen Sie einen kleineren Tarif, oder vergleichen Sie andere Anbieter.
field-place-no-plan = Für diese Angaben gibt es keinen Preis.
field-place-no-legal-basis = Für diesen Anbieter ist keine Rechtsgrundlage hinterlegt.
profile = Zusagen des Standorts
profile-text = Danach werden Bestellungen verteilt: Wer mehr Schutz, einen Ort oder einen Nachweis verlangt, den der Standort nicht zusagt, bekommt ihn nicht vorgeschlagen.
profile-stated-at = zuletzt angegeben { $stated-at }
profile-never = noch nie angegeben
profile-data-centre = Steht im Rechenzentrum von
profile-data-centre-own = Ihnen selbst oder Ihrem Dienstleister
profile-data-centre-hint = Nur wenn der Standort im Rechenzentrum einer Behörde steht: deren Kurzname, zum Beispiel musterstadt. Für deren Bestellungen zählt er dann als eigenes Rechenzentrum; das gilt nur für Sie selbst und für Behörden, bei denen Sie als Inhouse-Dienstleister (§ 108 GWB) eingetragen sind.
profile-certificates = Nachweise
profile-certificates-none = keine angegeben
profile-certificate-number = Nummer oder Bericht
profile-certificate-until = Gültig bis
profile-change = Zusagen ändern
profile-state = Zusagen speichern
notice-profile-stated = Die Zusagen sind gespeichert
    .text = Sie gelten für Bestellungen ab jetzt. Was vorher bestellt wurde, behält seinen Standort.
field-certificate-number = Nummer oder Bericht: Geben Sie die Nummer des Nachweises an, höchstens { $max } Zeichen.
field-certificate-over = Gültig bis: Dieser Nachweis ist am { $until-date } abgelaufen. Geben Sie den neuen an, oder lassen Sie beide Felder leer.
field-certificate-until = Gültig bis: Geben Sie den letzten Tag an, an dem der Nachweis gilt.
field-organisation-unknown = Steht im Rechenzentrum von: Diese Organisation gibt es hier nicht. Geben Sie ihren Kurznamen an, wie er in Adressen steht.
