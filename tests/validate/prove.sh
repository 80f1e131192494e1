#!/bin/sh
# Proves that validate.sh catches faults: breaks the golden invoices in one place each and expects the named rule.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
goldens=$here/../../backend/domain/src/export/goldens
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fault NAME RULE GOLDEN SED-EXPRESSION: one broken copy; a fault that changes nothing would prove nothing.
fault() {
    sed -E "$4" "$goldens/$3" > "$work/$1.xml"
    if cmp -s "$goldens/$3" "$work/$1.xml"; then
        echo "prove.sh: the fault $1 changes nothing" >&2
        exit 1
    fi
    echo "$1 $2" >> "$work/expected"
}

fault no-buyer-reference BR-DE-15 s.xml '/<cbc:BuyerReference>/d'
fault o-with-vat-id BR-O-02 o.xml \
    's|<cbc:CompanyID>151/000/00000<|<cbc:CompanyID>DE999999999<|; s|<cbc:ID>FC<|<cbc:ID>VAT<|'
fault o-with-rate-in-line BR-O-05 o.xml \
    '/<cac:ClassifiedTaxCategory>/,/<\/cac:ClassifiedTaxCategory>/ s|<cbc:ID>O</cbc:ID>|&<cbc:Percent>0</cbc:Percent>|'
fault o-without-reason BR-O-10 o.xml '/<cbc:TaxExemptionReason/d'
fault e-without-reason BR-E-10 e.xml '/<cbc:TaxExemptionReason/d'
fault no-seller-endpoint PEPPOL-EN16931-R020 s.xml '/<cbc:EndpointID schemeID="EM">/d'
fault no-buyer-endpoint PEPPOL-EN16931-R010 s.xml '/<cbc:EndpointID schemeID="0204">/d'
fault empty-element PEPPOL-EN16931-R008 s.xml 's|<cbc:Note>Zahlbar.*</cbc:Note>|<cbc:Note/>|'
fault line-before-invoice PEPPOL-EN16931-R110 s.xml \
    '/<cac:InvoiceLine>/,$ s|<cbc:StartDate>2026-10-01<|<cbc:StartDate>2026-09-30<|'
fault line-amount PEPPOL-EN16931-R120 s.xml \
    '/<cac:InvoiceLine>/,$ s|(<cbc:LineExtensionAmount[^>]*>)23.70<|\123.80<|'
fault sum-of-lines BR-CO-10 s.xml \
    '/<cac:LegalMonetaryTotal>/,$ s|(<cbc:LineExtensionAmount[^>]*>)307.73<|\1307.72<|'
fault unknown-unit BR-CL-23 s.xml 's|unitCode="MON"|unitCode="GBH"|'
fault wrong-iban BR-DE-19 s.xml 's|DE93999999990000000001|DE94999999990000000001|'
fault correction-of-nothing BR-DE-26 correction-384.xml '/<cac:BillingReference>/,/<\/cac:BillingReference>/d'
fault due-date-in-credit section-18 credit-381.xml 's|<cbc:CreditNoteTypeCode>|<cbc:DueDate>2026-12-03</cbc:DueDate>&|'
fault not-an-invoice NOT-XRECHNUNG s.xml 's|#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0||'

status=0
"$here/validate.sh" "$work" > "$work/report" || status=$?
[ "$status" = 1 ] || { cat "$work/report"; echo "prove.sh: expected exit code 1, got $status" >&2; exit 1; }
failed=0
while read -r name rule; do
    line=$(grep "/$name.xml" "$work/report")
    case $line in
    invalid*"$rule"*) echo "caught $name by $rule" ;;
    *) echo "MISSED $name ($rule): $line"; failed=1 ;;
    esac
done < "$work/expected"
"$here/validate.sh" "$goldens" > "$work/report" 2>/dev/null || { cat "$work/report"; exit 1; }
echo "accepted $(wc -l < "$work/report") golden invoices without a finding"
exit $failed
