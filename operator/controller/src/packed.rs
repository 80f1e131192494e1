//! JSON kept small: ten thousand Bookings read like each other, so each is kept as what makes it differ from one of its kind.

use contract::Kind;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::state::lock;

/// The farthest back that LZ4 can point.
const REACH: usize = 64 * 1024;

/// A text, packed beside another one.
#[derive(Debug)]
pub struct Packed {
    bytes: Box<[u8]>,
    model: Arc<[u8]>,
}

/// Packs texts of bookings beside the longest one of their kind that it has seen.
#[derive(Debug, Default)]
pub struct Packer {
    models: Mutex<HashMap<Option<Kind>, Arc<[u8]>>>,
}

impl Packer {
    /// Packs a text of a booking of this kind, or of one whose kind is not known.
    pub fn pack(&self, kind: Option<Kind>, text: &[u8]) -> Packed {
        let model = self.model(kind, text);
        let bytes = lz4_flex::block::compress_prepend_size_with_dict(text, &model).into();
        Packed { bytes, model }
    }

    /// A much longer text replaces the model: a Booking that was just written has no status yet. What was packed before keeps its own.
    fn model(&self, kind: Option<Kind>, text: &[u8]) -> Arc<[u8]> {
        let mut models = lock(&self.models);
        let known = models.entry(kind).or_default();
        if text.len() <= REACH && text.len() > known.len() + known.len() / 2 {
            *known = text.into();
        }
        known.clone()
    }
}

impl Packed {
    /// The text as it was.
    pub fn unpack(&self) -> Result<Vec<u8>, lz4_flex::block::DecompressError> {
        lz4_flex::block::decompress_size_prepended_with_dict(&self.bytes, &self.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: usize, more: &str) -> Vec<u8> {
        format!(
            r#"{{"booking":"{number:032}","plan":{{"memory_mib":512,"vcpu_milli":500}},"more":"{more}"}}"#
        )
        .into()
    }

    #[test]
    fn what_was_packed_comes_out_as_it_was() {
        let packer = Packer::default();
        let long = "langer Text ".repeat(20);
        let huge = "x".repeat(2 * REACH);
        let texts = [text(1, ""), text(2, &long), text(3, &long), text(4, ""), text(5, &huge), Vec::new()];
        let packed: Vec<Packed> =
            texts.iter().map(|text| packer.pack(Some(Kind::Postgresql), text)).collect();
        for (packed, text) in packed.iter().zip(&texts) {
            assert_eq!(&packed.unpack().unwrap(), text);
        }
        assert!(packed[2].bytes.len() * 3 < texts[2].len(), "{} bytes", packed[2].bytes.len());
    }

    #[test]
    fn kinds_have_models_of_their_own() {
        let packer = Packer::default();
        packer.pack(Some(Kind::Manual), &text(1, "a"));
        let packed = packer.pack(None, &text(2, "b"));
        assert_eq!(&*packed.model, text(2, "b"));
    }
}
