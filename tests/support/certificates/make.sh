#!/bin/sh
# Makes the certificates of the tests anew: run it in this folder. Needs openssl 3.
set -eu

FROM=20200101000000Z # so that a machine whose clock is behind trusts them too
TO=21200101000000Z
EC='-newkey ec -pkeyopt ec_paramgen_curve:P-256'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ISSUER NAME SUBJECT KEY EXTENSIONS: a key, and a certificate that the issuer signed; NAME as issuer: by itself.
make() {
    # shellcheck disable=SC2086 # the options of a key are several words
    openssl req -new $4 -nodes -keyout "$2.key" -subj "$3" -out "$work/request" 2> "$work/said"
    : > "$work/index"
    printf '[ca]\ndefault_ca=one\n[one]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\npolicy=any\n' \
        "$work" "$work" > "$work/config"
    printf 'default_md=sha256\nunique_subject=no\n[any]\ncommonName=supplied\n' >> "$work/config"
    printf 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n%b' "$5" > "$work/extensions"
    if [ "$1" = "$2" ]; then signer='-selfsign'; else signer="-cert $1.pem"; fi
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$work/config" $signer -keyfile "$1.key" -extfile "$work/extensions" \
        -startdate "$FROM" -enddate "$TO" -in "$work/request" -out "$2.pem" 2> "$work/said" ||
        { cat "$work/said"; exit 1; }
}

AUTHORITY='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
LEAF='basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n'

make ca ca '/CN=pallet tests' "$EC" "$AUTHORITY"
make other-ca other-ca '/CN=pallet tests, another authority' "$EC" "$AUTHORITY"
make ca server '/CN=localhost' "$EC" "${LEAF}extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n"
make ca client '/CN=ada' "$EC" "${LEAF}extendedKeyUsage=clientAuth\n"
rm ca.key other-ca.key

# What docker-registry checks tokens with: RSA, since RS256 is a few lines of Python.
make token token '/CN=pallet tests, tokens' '-newkey rsa:2048' "$LEAF"
