#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: layout.sh VMLINUX > layout.h
#
# Writes the offsets of the few CXL core fields that cxl_core.c needs, as the
# BTF of the kernel we build for has them, and the digest of that BTF, by which
# the module recognises this kernel again when it is loaded. VMLINUX is an ELF
# file with a .BTF section, or raw BTF (/sys/kernel/btf/vmlinux).
set -eu

btf=$1
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT

die()
{
	echo "layout.sh: $*" >&2
	exit 1
}

# offset STRUCT FIELD TYPE: a field that is gone, or is of another type now,
# must stop the build: cxl_core.c would read something else in its place.
offset()
{
	pahole -F btf -C "$1" "$btf" 2>/dev/null |
	awk -v field="$2;" -v type="$3" '
	/^\t[^\t}]/ {
		sub(/^\t/, "")
		split($0, part, /\/\*/)
		n = split(part[1], word, " ")
		if (word[n] != field)
			next
		t = word[1]
		for (i = 2; i < n; i++)
			t = t " " word[i]
		split(part[2], at, " ")
		if (t == type)
			print at[1]
	}' | grep -x '[0-9][0-9]*' ||
		die "no '$3 $2' in struct $1 of $btf: this kernel's CXL core is unknown"
}

define()
{
	value=$(offset "$2" "$3" "$4") || exit 1
	echo "#define LAYOUT_$1 $value"
}

# cxl_core.c declares this one itself
attach_is_known()
{
	pahole -F btf -C cxl_memdev_attach "$btf" 2>/dev/null |
	awk '
	/\(\*probe\)\(struct cxl_memdev \*\);/ { probe++ }
	/size: 8,.* members: 1/ { alone++ }
	END { exit !(probe == 1 && alone == 1) }'
}

command -v pahole >/dev/null || die "pahole is missing (package pahole or dwarves)"
objcopy --dump-section .BTF="$raw" "$btf" /dev/null 2>/dev/null ||
	cp "$btf" "$raw"
[ -s "$raw" ] || die "$btf has no BTF"

attach_is_known || die "struct cxl_memdev_attach of $btf is unknown"

echo "/* SPDX-License-Identifier: GPL-2.0-only */"
echo "/* Made by layout.sh from the kernel's BTF */"
define MEMDEV_DEV cxl_memdev dev "struct device"
define MEMDEV_ENDPOINT cxl_memdev endpoint "struct cxl_port *"
define MEMDEV_ATTACH cxl_memdev attach "const struct cxl_memdev_attach *"
define PORT_DEV cxl_port dev "struct device"
define REGION_DEV cxl_region dev "struct device"
define REGION_TYPE cxl_region type "enum cxl_decoder_type"
define REGION_FLAGS cxl_region flags "long unsigned int"
define DECODER_TYPE cxl_decoder target_type "enum cxl_decoder_type"
define ROOT_REGIONS_LOCK cxl_root_decoder regions_lock "struct mutex"
printf '#define LAYOUT_BTF_SHA256 "%s"\n' "$(sha256sum < "$raw" | cut -d' ' -f1)"
