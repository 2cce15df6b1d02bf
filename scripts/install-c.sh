#!/bin/sh
# Installs libitom (shared and static), itom.h and itom.pc under the prefix that is the argument.
set -eu
cd "$(dirname "$0")/.."
prefix=$1
profile=${PROFILE:-release}
target=${CARGO_TARGET_DIR:-target}
[ "$profile" = dev ] && built=$target/debug || built=$target/$profile
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
abi=$(sed -n 's/^#define ITOM_ABI_VERSION \([0-9]*\).*/\1/p' itom-ffi/include/itom.h)

cargo build --quiet --profile "$profile" -p itom-ffi
mkdir -p "$prefix/lib/pkgconfig" "$prefix/include"
cp itom-ffi/include/itom.h "$prefix/include/"
cp "$built/libitom.a" "$prefix/lib/"
if [ -e "$built/libitom.so" ]; then
    # Programs look for the name with the ABI's number, linkers for the one without.
    cp "$built/libitom.so" "$prefix/lib/libitom.so.$version"
    ln -sf "libitom.so.$version" "$prefix/lib/libitom.so.$abi"
    ln -sf "libitom.so.$abi" "$prefix/lib/libitom.so"
else
    cp "$built/libitom.dylib" "$prefix/lib/"
    ln -sf libitom.dylib "$prefix/lib/libitom.$abi.dylib"
fi
sed "s/@VERSION@/$version/" itom-ffi/itom.pc.in >"$prefix/lib/pkgconfig/itom.pc"
echo "installed libitom $version under $prefix"
