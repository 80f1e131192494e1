//! People of the demonstration, at least one for every role, with deputies. All of them are invented.

/// A role with its limit in euros and, for a deputy, the last day.
pub(super) struct Holds {
    pub(super) code: &'static str,
    pub(super) limit: Option<i64>,
    pub(super) until: Option<&'static str>,
}

/// Somebody.
pub(super) struct Person {
    pub(super) organisation: &'static str,
    pub(super) unit: Option<&'static str>,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) roles: &'static [Holds],
}

const fn holds(code: &'static str) -> Holds {
    Holds { code, limit: None, until: None }
}

const fn approves(limit: i64) -> Holds {
    Holds { code: "approves", limit: Some(limit), until: None }
}

/// Deputies of the demonstration hold the role until this day.
const fn deputy(limit: i64) -> Holds {
    Holds { code: "approves", limit: Some(limit), until: Some("2027-06-30") }
}

macro_rules! people {
    ($($organisation:literal $unit:expr, $name:literal $email:literal [$($role:expr),*];)*) => {
        /// Everybody.
        pub(super) const PEOPLE: &[Person] = &[$(Person {
            organisation: $organisation, unit: $unit, name: $name, email: $email, roles: &[$($role),*],
        }),*];
    };
}

people! {
    "musterstadt" Some("Grünflächenamt"), "Jana Probst" "jana.probst@musterstadt.example" [holds("orders")];
    "musterstadt" Some("Grünflächenamt"), "Dr. Heike Sommer" "heike.sommer@musterstadt.example" [approves(25_000)];
    "musterstadt" Some("Amt für Digitalisierung"), "Tobias Krell" "tobias.krell@musterstadt.example" [deputy(25_000)];
    "musterstadt" Some("Amt für Digitalisierung"), "Murat Demir" "murat.demir@musterstadt.example" [holds("it"), holds("orders")];
    "musterstadt" Some("Kämmerei"), "Petra Anders" "petra.anders@musterstadt.example" [holds("budget")];
    "musterstadt" Some("Kämmerei"), "Karl Winter" "karl.winter@musterstadt.example" [holds("finance")];
    "musterstadt" Some("Rechnungsprüfungsamt"), "Olga Brandt" "olga.brandt@musterstadt.example" [holds("audits")];

    "beispielkreis" Some("Amt für Schulen"), "Nina Lorenz" "nina.lorenz@beispielkreis.example" [holds("orders")];
    "beispielkreis" Some("Amt für Schulen"), "Georg Haas" "georg.haas@beispielkreis.example" [approves(50_000)];
    "beispielkreis" Some("Kämmerei"), "Silke Vogt" "silke.vogt@beispielkreis.example" [holds("budget"), holds("finance")];
    "beispielkreis" Some("Kämmerei"), "Anton Reuter" "anton.reuter@beispielkreis.example" [deputy(50_000)];
    "beispielkreis" Some("Amt für Schulen"), "Emre Aydin" "emre.aydin@beispielkreis.example" [holds("it")];
    "beispielkreis" Some("Kämmerei"), "Ruth Keller" "ruth.keller@beispielkreis.example" [holds("audits")];

    "mittelfeld" Some("Hauptamt"), "Lea Hoffmann" "lea.hoffmann@mittelfeld.example" [holds("orders")];
    "mittelfeld" Some("Hauptamt"), "Bernd Scholz" "bernd.scholz@mittelfeld.example" [approves(10_000)];
    "mittelfeld" Some("Hauptamt"), "Ines Weber" "ines.weber@mittelfeld.example" [deputy(10_000)];
    "mittelfeld" Some("Finanzverwaltung"), "Hanna Otto" "hanna.otto@mittelfeld.example" [holds("budget"), holds("finance")];
    "mittelfeld" Some("Hauptamt"), "Jonas Beck" "jonas.beck@mittelfeld.example" [];

    "kleindorf" Some("Gemeindeverwaltung"), "Uwe Petersen" "uwe.petersen@kleindorf.example" [holds("orders")];
    "kleindorf" Some("Gemeindeverwaltung"), "Frauke Hansen" "frauke.hansen@kleindorf.example" [approves(2_000), holds("budget"), holds("finance")];

    "pruefamt" Some("Erprobung"), "Paula Probe" "paula.probe@pruefamt.example" [holds("orders"), holds("it")];
    "pruefamt" Some("Erprobung"), "Fritz Freigabe" "fritz.freigabe@pruefamt.example" [approves(1_000)];

    "it-verbund" None, "Lena Fuchs" "lena.fuchs@it-verbund.example" [holds("lists")];
    "it-verbund" None, "Felix Arnold" "felix.arnold@it-verbund.example" [holds("fulfils")];
    "it-verbund" None, "Paul Seidel" "paul.seidel@it-verbund.example" [holds("platform")];
    "it-verbund" None, "Berta Franke" "berta.franke@it-verbund.example" [holds("bills")];
    "it-verbund" None, "Volker Simon" "volker.simon@it-verbund.example" [holds("bills"), holds("fulfils")];

    "datenzentrale" None, "Mara Engel" "mara.engel@datenzentrale.example" [holds("lists"), holds("fulfils")];
    "datenzentrale" None, "Deniz Koch" "deniz.koch@datenzentrale.example" [holds("platform")];
    "datenzentrale" None, "Klara Busch" "klara.busch@datenzentrale.example" [holds("bills")];

    "talland-it" None, "Nils Bauer" "nils.bauer@talland-it.example" [holds("platform"), holds("lists")];
    "talland-it" None, "Sina Wolff" "sina.wolff@talland-it.example" [holds("bills"), holds("fulfils")];

    "marktplatz" None, "Adam Richter" "adam.richter@marktplatz.example" [holds("admits")];
    "marktplatz" None, "Otto Lange" "otto.lange@marktplatz.example" [holds("operates"), holds("audits")];
}
