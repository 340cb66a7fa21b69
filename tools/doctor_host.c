// SPDX-License-Identifier: GPL-2.0-only
/* What has to hold on this host, whatever the device */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "doctor.h"
#include "module.h"
#include "sysfs.h"

#define SECURE_BOOT "/sys/firmware/efi/efivars"
#define SECURE_BOOT_VARIABLE "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

void found(struct finding *finding, enum verdict verdict, const char *fmt, ...)
{
	va_list args;

	finding->verdict = verdict;
	va_start(args, fmt);
	vsnprintf(finding->detail, sizeof(finding->detail), fmt, args);
	va_end(args);
}

void advise(struct finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->fix, sizeof(finding->fix), fmt, args);
	va_end(args);
}

static void look_at_module(const char *name, struct finding *finding)
{
	struct module_file file;

	if (module_loaded(name)) {
		found(finding, PASS, "%s is loaded", name);
		return;
	}
	module_look(name, &file);
	found(finding, FAIL, file.found ? "%s is installed, but not loaded" :
	      "%s is not installed for the running kernel", name);
	if (file.found)
		advise(finding, "modprobe %s", name);
	else
		advise(finding, "install it for this kernel: dkms autoinstall, or make install");
}

static void check_presize(struct patient *patient, struct finding *finding)
{
	(void)patient;
	look_at_module("cxl-presize", finding);
}

static void check_vfio(struct patient *patient, struct finding *finding)
{
	(void)patient;
	look_at_module(CONF_DRIVER, finding);
}

static void check_root(struct patient *patient, struct finding *finding)
{
	if (sysfs_exists(SYSFS_CXL, "root0")) {
		found(finding, PASS, "root0, with %zu fixed memory windows",
		      patient->windows.nr);
		return;
	}
	found(finding, FAIL, "the CXL core knows no root (ACPI0017)");
	advise(finding, "modprobe cxl_acpi; if that does not help, the platform or its firmware has no CXL");
}

static int count(const char *dir, const char *name, void *data)
{
	(void)dir;
	(void)name;
	(*(unsigned int *)data)++;
	return 0;
}

static void check_iommu(struct patient *patient, struct finding *finding)
{
	unsigned int iommus = 0, groups = 0;

	(void)patient;
	sysfs_each("/sys/class/iommu", "", count, &iommus);
	sysfs_each("/sys/kernel/iommu_groups", "", count, &groups);
	if (groups) {
		found(finding, PASS, "%u IOMMUs, %u groups", iommus, groups);
		return;
	}
	found(finding, FAIL, "no device is in an IOMMU group");
	advise(finding, "switch VT-d or AMD-Vi on in the firmware setup, and boot with intel_iommu=on on Intel");
}

/* A CPU that may flush everything does; under a hypervisor the kernel refuses */
static void check_flush(struct patient *patient, struct finding *finding)
{
	FILE *cpuinfo = fopen("/proc/cpuinfo", "re");
	bool x86 = false, guest = false;
	char *line = NULL;
	size_t size = 0;

	(void)patient;
	while (cpuinfo && !x86 && getline(&line, &size, cpuinfo) > 0) {
		x86 = !strncmp(line, "flags", 5);
		guest = x86 && strstr(line, " hypervisor");
	}
	free(line);
	if (cpuinfo)
		fclose(cpuinfo);
	if (!x86) {
		found(finding, UNKNOWN, "this CPU does not say whether it can invalidate its caches for a region");
	} else if (guest) {
		found(finding, FAIL, "this host is itself a VM, in which the kernel cannot invalidate the CPU caches for a region");
		advise(finding, "run on bare metal, or hide the hypervisor from this VM (QEMU: -cpu host,-hypervisor)");
	} else {
		found(finding, PASS, "the CPU can invalidate its caches");
	}
}

/* 4 bytes of attributes, then the value */
static bool secure_boot(void)
{
	char path[256];
	unsigned char text[8];
	int fd;
	ssize_t len;

	snprintf(path, sizeof(path), SECURE_BOOT "/" SECURE_BOOT_VARIABLE);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text));
	close(fd);
	return len == 5 && text[4] == 1;
}

static bool signatures_enforced(void)
{
	char text[64];

	sysfs_read("/sys/module/module/parameters", "sig_enforce", text,
		   sizeof(text));
	if (text[0] == 'Y')
		return true;
	sysfs_read("/sys/kernel/security", "lockdown", text, sizeof(text));
	return strchr(text, '[') && !strstr(text, "[none]");
}

static void check_signature(struct patient *patient, struct finding *finding)
{
	const char *secure = secure_boot() ? "Secure Boot is on" :
					     "Secure Boot is off";
	struct module_file file;

	(void)patient;
	if (!signatures_enforced()) {
		found(finding, PASS, "%s, and the kernel takes modules without a signature",
		      secure);
		return;
	}
	module_look("cxl-presize", &file);
	if (module_loaded("cxl-presize")) {
		found(finding, PASS, "%s, the kernel wants signatures, and took cxl-presize",
		      secure);
	} else if (!file.is_signed) {
		found(finding, FAIL, "%s, the kernel wants signatures, and cxl-presize has none",
		      secure);
		advise(finding, "let dkms sign it (mok_signing_key) and enrol that key: mokutil --import");
	} else {
		found(finding, UNKNOWN, "%s, and cxl-presize is signed by '%s', a key that the kernel may or may not trust",
		      secure, file.signer);
	}
}

const struct check host_checks[] = {
	{ "module cxl-presize", check_presize },
	{ "module cxl-vfio-pci", check_vfio },
	{ "module signature", check_signature },
	{ "CXL root", check_root },
	{ "cache flush", check_flush },
	{ "IOMMU", check_iommu },
	{ }
};
