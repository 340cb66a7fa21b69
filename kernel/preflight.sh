#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: preflight.sh KDIR BTF
#
# Can the modules be built for the kernel of build directory KDIR, whose BTF
# is in file BTF? Says all that is missing, not the first thing only.
set -u

kdir=$1
btf=$2
missing=

miss()
{
	missing="$missing  - $*
"
}

# What the modules lean on and older kernels do not have
symbols='_devm_cxl_dev_state_create cxl_set_capacity cxl_pci_setup_regs
devm_cxl_add_classdev devm_cxl_probe_mem is_cxl_region is_endpoint_decoder
vfio_pci_core_register_dev_region vfio_pci_vmf_insert_pfn'
options='CONFIG_CXL_REGION CONFIG_CXL_ACPI CONFIG_CXL_MEM CONFIG_VFIO_PCI_CORE
CONFIG_PCI_DOE CONFIG_DEBUG_INFO_BTF'

check_symbols()
{
	for symbol in $symbols; do
		grep -q "	$symbol	" "$kdir/Module.symvers" ||
			miss "the kernel does not export $symbol (Linux 7.3 does)"
	done
}

check_options()
{
	for option in $options; do
		grep -q "^$option=[ym]" "$kdir/include/config/auto.conf" ||
			miss "the kernel is configured without $option"
	done
}

check_tools()
{
	for tool in pahole objcopy sha256sum gcc; do
		command -v "$tool" >/dev/null || miss "program $tool is not installed"
	done
}

release=$(cat "$kdir/include/config/kernel.release" 2>/dev/null)
if [ -z "$release" ]; then
	miss "no kernel build directory at $kdir (package linux-headers-$(uname -r), or say KDIR=)"
else
	check_symbols
	check_options
	[ -s "$btf" ] || miss "no BTF of kernel $release: neither $kdir/vmlinux nor that of the running kernel"
fi
check_tools

[ -z "$missing" ] && exit 0
printf 'cxl-presize cannot be built%s:\n%s' \
	"${release:+ for kernel $release}" "$missing" >&2
exit 1
