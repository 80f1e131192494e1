//! Reasons in words. An operator reports a key and arguments; the marketplace shows the sentence in the reader's language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who has to do something next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Acts {
    /// Nobody: it proceeds by itself or is done.
    Nobody,
    /// The platform team of the provider.
    Provider,
    /// The customer.
    Customer,
}

macro_rules! messages {
    ($($variant:ident $code:literal $acts:ident $text:literal;)*) => {
        /// Key of a sentence; codes are stable and kebab-case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum MessageKey {
            $(#[doc = $text] #[serde(rename = $code)] $variant,)*
            /// A key of a newer version.
            #[serde(other, rename = "not-understood")]
            Unknown,
        }
        impl MessageKey {
            /// Every key, for tests of translations.
            pub const ALL: &'static [MessageKey] = &[$(MessageKey::$variant,)* MessageKey::Unknown];
            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(MessageKey::$variant => $code,)* MessageKey::Unknown => "not-understood" }
            }
            /// Who acts next.
            pub fn acts(self) -> Acts {
                match self { $(MessageKey::$variant => Acts::$acts,)* MessageKey::Unknown => Acts::Provider }
            }
            /// German sentence with `{argument}` places.
            pub fn template_de(self) -> &'static str {
                match self { $(MessageKey::$variant => $text,)* MessageKey::Unknown => UNKNOWN }
            }
        }
    };
}

/// What is shown of a message that this version does not know.
const UNKNOWN: &str = "Der Standort meldet etwas, das der Marktplatz in seiner Fassung noch nicht kennt. Der Betreiber des Standorts sieht es dort.";

messages! {
    Accepted "accepted" Nobody "Der Betreiber des Standorts hat die Buchung angenommen.";
    OrderInvalid "order-invalid" Provider "Die Angaben der Buchung passen nicht zum Tarif: {detail}";
    PlanInvalid "plan-invalid" Provider "Der Tarif ist an diesem Standort nicht lesbar: {detail}";
    KindUnavailable "kind-unavailable" Provider "Dieser Standort kann die Art „{kind}“ zurzeit nicht bereitstellen.";
    PolicyRefused "policy-refused" Provider "Der Betreiber des Standorts lässt diese Buchung nicht zu: {detail}";
    VersionUnavailable "version-unavailable" Provider "Version {version} ist an diesem Standort nicht verfügbar.";
    Applying "applying" Nobody "Die Bereitstellung wird in den Cluster geschrieben.";
    Applied "applied" Nobody "Alle Bestandteile sind im Cluster angelegt.";
    ApplyRefused "apply-refused" Provider "Der Cluster hat einen Bestandteil abgelehnt ({object}): {detail}";
    ApplyFailed "apply-failed" Nobody "Der Cluster war nicht erreichbar; der nächste Versuch folgt von selbst.";
    Starting "starting" Nobody "Wird bereitgestellt.";
    StartingImage "starting-image" Nobody "Das Programmabbild wird geladen.";
    StartingVolume "starting-volume" Nobody "Der Speicherplatz wird angelegt.";
    StartingPrimary "starting-primary" Nobody "Die Datenbank wird eingerichtet.";
    StartingMachine "starting-machine" Nobody "Die Maschine startet.";
    WaitingForAddress "waiting-for-address" Nobody "Es läuft bereits; die Adresse wird noch zugeteilt.";
    Ready "ready" Nobody "Läuft.";
    Changing "changing" Nobody "Eine Änderung wird durchgeführt.";
    RestartNeeded "restart-needed" Customer "Die neue Größe gilt, sobald die Maschine angehalten und wieder gestartet wurde.";
    DatabaseNotAsOrdered "database-not-as-ordered" Provider "Läuft, aber nicht wie bestellt: In der Datenbank ließ sich etwas nicht einrichten ({detail}).";
    Restoring "restoring" Nobody "Läuft; der frühere Stand der Daten wird daneben wiederhergestellt.";
    RestoreWaits "restore-waits" Provider "Läuft mit den bisherigen Daten; die Wiederherstellung des früheren Stands wird aufgehalten: {detail}";
    RestoreFailed "restore-failed" Provider "Läuft mit den bisherigen Daten; der frühere Stand ließ sich nicht wiederherstellen ({detail}). Ein Zeitpunkt vor der letzten Änderung der Daten hilft meistens.";
    Growing "growing" Nobody "Läuft; der Speicherplatz wird vergrößert.";
    Stopping "stopping" Nobody "Wird angehalten.";
    Stopped "stopped" Nobody "Ist angehalten; die Daten bleiben erhalten.";
    ImageMissing "image-missing" Provider "Das Programmabbild konnte nicht geladen werden: {detail}";
    NoRoom "no-room" Provider "Kein Rechner des Standorts hat genug Platz: {detail}";
    VolumeFailed "volume-failed" Provider "Der Speicherplatz konnte nicht angelegt werden: {detail}";
    VolumeFull "volume-full" Customer "Der gebuchte Speicherplatz ist voll.";
    VolumeCannotGrow "volume-cannot-grow" Provider "Der Speicherplatz kann an diesem Standort nicht wachsen.";
    QuotaExceeded "quota-exceeded" Provider "Die Obergrenze der Organisation an diesem Standort ist erreicht: {detail}";
    Crashing "crashing" Provider "Der Dienst startet und bricht wieder ab: {detail}";
    OutOfMemory "out-of-memory" Customer "Der gebuchte Arbeitsspeicher reicht nicht aus.";
    EngineDown "engine-down" Provider "Der Dienst des Standorts, der das bereitstellt, ist nicht erreichbar.";
    EngineFailed "engine-failed" Provider "Der Dienst, der das bereitstellt, meldet einen Fehler: {detail}";
    TookTooLong "took-too-long" Provider "Die Bereitstellung dauert ungewöhnlich lange: {detail}";
    NotServing "not-serving" Provider "Seit längerem nicht nutzbar: {detail}";
    ChangeTooLong "change-too-long" Provider "Die Änderung dauert ungewöhnlich lange: {detail}";
    StopTooLong "stop-too-long" Provider "Das Anhalten dauert ungewöhnlich lange: {detail}";
    DeleteTooLong "delete-too-long" Provider "Das Löschen dauert ungewöhnlich lange; noch vorhanden: {detail}";
    ApplyStuck "apply-stuck" Provider "Der Cluster nimmt seit längerem nichts an; die Versuche gehen weiter: {detail}";
    Deleting "deleting" Nobody "Wird gelöscht; noch vorhanden: {detail}";
    Gone "gone" Nobody "Alle Bestandteile und Daten sind gelöscht.";
    Metered "metered" Nobody "Der Verbrauch wird gemessen.";
    NotYetMetered "not-yet-metered" Nobody "Es wird noch nichts gemessen.";
    CounterUnreadable "counter-unreadable" Provider "Der Zähler der Anwendung war nicht lesbar: {detail}";
    BrokerSilent "broker-silent" Provider "Der Service-Broker „{object}“ antwortet nicht wie vereinbart ({detail}); der nächste Versuch folgt von selbst.";
    ServicePending "service-pending" Nobody "Der Dienst wird eingerichtet. Stand: {detail}";
    ServiceBinding "service-binding" Nobody "Der Dienst ist eingerichtet; die Zugangsdaten werden erstellt.";
    ServiceNotOffered "service-not-offered" Provider "Der Service-Broker „{object}“ bietet diesen Tarif nicht an: {detail}";
    ServiceRefused "service-refused" Provider "Der Service-Broker „{object}“ lehnt die Einrichtung ab: {detail}";
    ServiceFailed "service-failed" Provider "Der Service-Broker „{object}“ konnte den Dienst nicht einrichten: {detail}";
    ServiceUnclear "service-unclear" Provider "Ob der Dienst beim Service-Broker „{object}“ entstanden ist, ist unklar ({detail}). Der Anbieter entscheidet; gelöscht wird vorher nichts.";
    ServiceChangeRefused "service-change-refused" Provider "Läuft wie bisher; die Änderung hat der Service-Broker „{object}“ nicht ausgeführt: {detail}";
    ServiceChangeSilent "service-change-silent" Provider "Läuft wie bisher; der Service-Broker „{object}“ antwortet auf die Änderung nicht wie vereinbart ({detail}). Der nächste Versuch folgt von selbst.";
    ServiceRenewed "service-renewed" Customer "Läuft. Es gibt neue Zugangsdaten; die bisherigen gelten bis zum {detail}.";
    ServiceStuck "service-stuck" Provider "Der Service-Broker „{object}“ hat den Dienst noch nicht beendet: {detail}";
    ServiceGone "service-gone" Nobody "Der Dienst ist beim Service-Broker „{object}“ beendet, die Zugangsdaten sind gelöscht. Antwort des Brokers: {detail}";
    SomebodyDeleted "somebody-deleted" Nobody "Der Eintrag wurde im Cluster von Hand gelöscht und wird neu geschrieben; die Daten sind unberührt.";
}

impl MessageKey {
    /// Whether nothing is missing from what was ordered where a booking can be used. What is not as ordered is used on as it
    /// was, and somebody still has to act.
    pub fn as_ordered(self) -> bool {
        !matches!(
            self,
            MessageKey::ServiceChangeRefused
                | MessageKey::ServiceChangeSilent
                | MessageKey::DatabaseNotAsOrdered
                | MessageKey::RestoreFailed
                | MessageKey::RestoreWaits
                | MessageKey::RestartNeeded
                | MessageKey::ChangeTooLong
        )
    }

    /// The German sentence with its arguments filled in; a missing argument leaves a dash.
    pub fn text_de(self, args: &BTreeMap<String, String>) -> String {
        let mut text = self.template_de().to_owned();
        for (name, value) in args {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        for name in ["detail", "object", "kind", "version"] {
            text = text.replace(&format!("{{{name}}}"), "–");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_ordered_needs_somebody() {
        for key in MessageKey::ALL.iter().filter(|key| !key.as_ordered()) {
            assert_ne!(key.acts(), Acts::Nobody, "{}", key.code());
        }
    }

    #[test]
    fn arguments_are_filled_in() {
        let args = BTreeMap::from([("version".to_owned(), "18".to_owned())]);
        assert_eq!(
            MessageKey::VersionUnavailable.text_de(&args),
            "Version 18 ist an diesem Standort nicht verfügbar."
        );
        for key in MessageKey::ALL {
            assert!(!key.text_de(&BTreeMap::new()).contains('{'), "{}", key.code());
            assert_eq!(serde_json::to_value(key).unwrap(), key.code());
        }
    }
}
