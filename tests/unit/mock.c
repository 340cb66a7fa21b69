// SPDX-License-Identifier: GPL-2.0-only
/* See mock.h */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <umockdev.h>

#include "mock.h"

#define CXL "sys/devices/platform/ACPI0017:00/root0"
#define MIB (1ULL << 20)

static UMockdevTestbed *bed;
static char root[128];

static void fail(const char *what)
{
	perror(what);
	abort();
}

void mock_begin(void)
{
	char *dir;

	bed = umockdev_testbed_new();
	dir = umockdev_testbed_get_root_dir(bed);
	snprintf(root, sizeof(root), "%s", dir);
	free(dir);
	mock_file("", "sys/module/cxl_presize/initstate");
	mock_file("", "sys/bus/pci/drivers_probe");
	mock_file("", "sys/bus/pci/drivers/cxl_pci/bind");
	mock_link("../../../devices/platform/ACPI0017:00/root0",
		  "sys/bus/cxl/devices/root0");
}

void mock_end(void)
{
	g_object_unref(bed);
}

static void make_folders(char *path)
{
	for (char *slash = path + strlen(root) + 1;
	     (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(path, 0755);
		*slash = '/';
	}
}

static void full_path(char full[512], const char *path, va_list args)
{
	int len = snprintf(full, 512, "%s/", root);

	vsnprintf(full + len, 512 - len, path, args);
	make_folders(full);
}

void mock_file(const char *text, const char *path, ...)
{
	char full[512];
	va_list args;
	FILE *to;

	va_start(args, path);
	full_path(full, path, args);
	va_end(args);
	to = fopen(full, "w");
	if (!to || fputs(text, to) < 0 || fclose(to))
		fail(full);
}

void mock_link(const char *target, const char *path, ...)
{
	char full[512];
	va_list args;

	va_start(args, path);
	full_path(full, path, args);
	va_end(args);
	unlink(full);
	if (symlink(target, full))
		fail(full);
}

void mock_read(const char *path, char *buf, size_t size)
{
	char full[512];
	FILE *from;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	from = fopen(full, "r");
	if (!from)
		fail(full);
	buf[fread(buf, 1, size - 1, from)] = 0;
	fclose(from);
}

const char *mock_address(unsigned int nr)
{
	static char address[2][32];
	static int turn;

	turn = !turn;
	snprintf(address[turn], sizeof(address[turn]), "%04x:%02x:00.0",
		 nr / 256, nr % 256);
	return address[turn];
}

static const struct {
	const char *attr, *text;
} attributes[] = {
	{ "vendor", "0x8086\n" },
	{ "device", "0x0d93\n" },
	{ "subsystem_vendor", "0x1af4\n" },
	{ "subsystem_device", "0x1100\n" },
	{ "class", "0x050210\n" },
	{ "revision", "0x00\n" },
	{ "irq", "0\n" },
	{ "resource", "" },
	{ "modalias", "pci:v00008086d00000D93sv00001AF4sd00001100bc05sc02i10\n" },
	{ "driver_override", "(null)\n" },
	{ "numa_node", "0\n" },
	{ "cxl_region/size", "0x0\n" },
	{ "cxl_region/size_max", "0x40000000\n" },
	{ "cxl_region/size_max_source", "cdat\n" },
	{ "cxl_region/size_align", "0x10000000\n" },
	{ "cxl_region/available", "0x40000000\n" },
	{ "cxl_region/state", "idle\n" },
	{ "cxl_region/error", "" },
	{ NULL }
};

/* The first bytes of the configuration space, which lspci wants */
static void make_config(const char *path)
{
	static const unsigned char config[64] = {
		0x86, 0x80, 0x93, 0x0d, [9] = 0x10, 0x02, 0x05,
	};
	char full[1024];
	FILE *to;

	snprintf(full, sizeof(full), "%s/%s/config", root, path);
	to = fopen(full, "w");
	if (!to || fwrite(config, sizeof(config), 1, to) != 1 || fclose(to))
		fail(full);
}

void mock_device(unsigned int nr)
{
	const char *address = mock_address(nr);
	char path[256], text[256];

	snprintf(path, sizeof(path), "sys/devices/pci%.7s/%s", address,
		 address);
	for (int i = 0; attributes[i].attr; i++)
		mock_file(attributes[i].text, "%s/%s", path,
			  attributes[i].attr);
	snprintf(text, sizeof(text),
		 "PCI_CLASS=50210\nPCI_ID=8086:0D93\nPCI_SUBSYS_ID=1AF4:1100\nPCI_SLOT_NAME=%s\n",
		 address);
	mock_file(text, "%s/uevent", path);
	snprintf(text, sizeof(text), "00-00-00-00-00-00-%02x-%02x\n",
		 (nr + 1) / 256, (nr + 1) % 256);
	mock_file(text, "%s/serial_number", path);
	make_config(path);
	mock_link("../../../bus/pci", "%s/subsystem", path);
	snprintf(text, sizeof(text), "../../../devices/pci%.7s/%s", address,
		 address);
	mock_link(text, "sys/bus/pci/devices/%s", address);
}

void mock_window(unsigned int nr)
{
	char path[128], text[128];

	snprintf(path, sizeof(path), CXL "/decoder0.%u", nr);
	snprintf(text, sizeof(text), "%#llx\n", (16 + 4ULL * nr) * 1024 * MIB);
	mock_file(text, "%s/start", path);
	mock_file("0x100000000\n", "%s/size", path);
	mock_file("1\n", "%s/cap_ram", path);
	mock_file("1\n", "%s/cap_type2", path);
	mock_file("1\n", "%s/cap_type3", path);
	mock_file("0\n", "%s/locked", path);
	snprintf(text, sizeof(text), "%u\n", nr);
	mock_file(text, "%s/target_list", path);
	snprintf(text, sizeof(text), "../../../pci%.7s", mock_address(nr));
	mock_link(text, CXL "/dport%u", nr);
	snprintf(text, sizeof(text), "../../../devices/platform/ACPI0017:00/root0/decoder0.%u", nr);
	mock_link(text, "sys/bus/cxl/devices/decoder0.%u", nr);
}

void mock_region(unsigned int nr, unsigned int start, unsigned int size,
		 const char *address)
{
	static unsigned int count;
	char path[128], text[128];

	snprintf(path, sizeof(path), CXL "/decoder0.%u/region%u", nr, count);
	snprintf(text, sizeof(text), "%#llx\n",
		 (16 + 4ULL * nr) * 1024 * MIB + start * MIB);
	mock_file(text, "%s/resource", path);
	snprintf(text, sizeof(text), "%#llx\n", size * MIB);
	mock_file(text, "%s/size", path);
	if (address) {
		snprintf(text, sizeof(text), "../../../../%s",
			 path + strlen("sys/devices/"));
		mock_link(text, "sys/devices/pci%.7s/%s/cxl_region/region",
			  address, address);
	}
	count++;
}
