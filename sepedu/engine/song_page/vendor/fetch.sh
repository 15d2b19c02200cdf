#!/usr/bin/env bash
# Fetch again what the song page and the widgets take from the npm registry. Needs npm.
# The packages are pinned by version and by checksum: npm's own, of the packed file.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
package="$here/../../.."
aside="$(mktemp -d)"
trap 'rm -rf "$aside"' EXIT
cd "$aside"

fetch() { # NAME VERSION SHA512
    npm pack --silent "$1@$2" >/dev/null
    echo "$3  $1-$2.tgz" | sha512sum --check --quiet
    mkdir "$1"
    tar -xzf "$1-$2.tgz" -C "$1" --strip-components=1
}
fetch onnxruntime-web 1.30.0 ab4cbe26baedba45d2cec05610c71c55fa97db92d19a8b171c5f8269126683ca590a5cdc57bb2f35ce2b298de32f4d956fb42644c0ecd528a0a91e025c07ca61
fetch fft.js 4.0.4 7fd734d21a613a07904e50f26afc13b6ee9188af002058c3ebe8ef5e4364a5e43bae2acadee1565696a59284b82c0c1b757ee67d9f1aa017c55505f545effc6b
fetch axe-core 4.14.1 1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5

# Without the address of a map of the source, which is not here.
sed '/^\/\/# sourceMappingURL=/d' onnxruntime-web/dist/ort.wasm.bundle.min.mjs >"$here/ort.js"
cp onnxruntime-web/dist/ort-wasm-simd-threaded.wasm "$here/ort.wasm"
# A module of today in place of Node's: nothing else is changed. Its licence stands in its README.
{
    echo "/* fft.js 4.0.4, as a module."
    sed -n '/^#### LICENSE/,$p' fft.js/README.md | sed '1,2d; s/^\[.*//'
    echo "*/"
    sed "/^'use strict';/d; /^module.exports = /d; s/^function FFT(/export function FFT(/" fft.js/lib/fft.js
} >"$package/widgets/fft.js"
mkdir -p "$package/../tests/browser/vendor"
cp axe-core/axe.min.js axe-core/LICENSE "$package/../tests/browser/vendor/"
