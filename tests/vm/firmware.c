// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: firmware SIZE
 *
 * Play firmware in the emulated host: before any driver looks, commit decoder
 * 0 of the first CXL memory device and of its host bridge, to SIZE bytes from
 * the start of the first fixed memory window. SIZE takes K, M or G.
 *
 * References are to the CXL specification 3.1: 8.2.4.20 HDM decoder
 * capability, 8.1.9 register locator DVSEC, 9.18.1 CEDT.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PCI_DEVICES	"/sys/bus/pci/devices"
#define CEDT		"/sys/firmware/acpi/tables/CEDT"

#define CXL_VENDOR	0x1e98
#define DVSEC_DEVICE	0
#define DVSEC_LOCATOR	8
#define BLOCK_COMPONENT	1

#define CACHEMEM	0x1000
#define COMPONENT_SIZE	0x10000
#define CAP_HDM		5

#define HDM_CONTROL	0x04
#define  HDM_ENABLE	(1u << 1)
#define HDM0_BASE	0x10
#define HDM0_SIZE	0x18
#define HDM0_CONTROL	0x20
#define  HDM0_COMMIT	(1u << 9)
#define  HDM0_COMMITTED	(1u << 10)
#define  HDM0_HOSTONLY	(1u << 12)
#define HDM0_TARGETS	0x24

/* The parts of the CEDT that are used here. */
struct chbs {
	uint8_t type, reserved;
	uint16_t length;
	uint32_t uid, version, reserved2;
	uint64_t base, size;
} __attribute__((packed));

struct cfmws {
	uint8_t type, reserved;
	uint16_t length;
	uint32_t reserved2;
	uint64_t base, size;
	uint8_t ways, arithmetic;
	uint16_t reserved3;
	uint32_t granularity;
	uint16_t restrictions, qtg;
	uint32_t target;
} __attribute__((packed));

static uint32_t load(const void *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static size_t read_file(const char *path, void *buffer, size_t size)
{
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		err(1, "%s", path);
	n = read(fd, buffer, size);
	if (n < 0)
		err(1, "%s", path);
	close(fd);
	return n;
}

static uint64_t parse_size(const char *text)
{
	static const char suffixes[] = "KMG";
	char *end;
	uint64_t size = strtoull(text, &end, 0);
	const char *suffix = *end ? strchr(suffixes, *end) : NULL;

	if (suffix) {
		size <<= 10 * (suffix - suffixes + 1);
		end++;
	}
	if (!size || *end)
		errx(2, "bad size: %s", text);
	return size;
}

/* The first entry of a type; for a host bridge, the one with that uid. */
static const void *cedt_find(const uint8_t *table, size_t size, uint8_t type,
			     uint32_t uid)
{
	size_t at = 36;

	while (at + sizeof(struct chbs) <= size) {
		const struct chbs *entry = (const void *)(table + at);

		if (!entry->length)
			break;
		if (entry->type == type && (type == 1 || entry->uid == uid))
			return entry;
		at += entry->length;
	}
	errx(1, "CEDT: no entry of type %u", type);
}

/*
 * The decoder block moves between versions of an emulator or a device: look
 * it up in the array of capabilities.
 */
static volatile uint8_t *find_hdm(volatile uint8_t *component)
{
	volatile uint32_t *array = (void *)(component + CACHEMEM);
	unsigned int i, n = array[0] >> 24;

	for (i = 1; i <= n; i++)
		if ((array[i] & 0xffff) == CAP_HDM)
			return component + CACHEMEM + (array[i] >> 20);
	errx(1, "no HDM decoders in the component registers");
}

static volatile uint8_t *map(const char *path, off_t offset)
{
	void *p;
	int fd = open(path, O_RDWR | O_SYNC);

	if (fd < 0)
		err(1, "%s", path);
	p = mmap(NULL, COMPONENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 offset);
	if (p == MAP_FAILED)
		err(1, "%s: mmap at 0x%llx", path, (unsigned long long)offset);
	close(fd);
	return p;
}

static void write32(volatile uint8_t *hdm, unsigned int reg, uint32_t value)
{
	*(volatile uint32_t *)(hdm + reg) = value;
}

static void write64(volatile uint8_t *hdm, unsigned int reg, uint64_t value)
{
	write32(hdm, reg, value);
	write32(hdm, reg + 4, value >> 32);
}

/* One way, 256 bytes: both fields 0. Target 0 of a bridge is its port 0. */
static void commit(const char *what, volatile uint8_t *hdm, uint64_t base,
		   uint64_t size)
{
	uint32_t control;

	write64(hdm, HDM0_BASE, base);
	write64(hdm, HDM0_SIZE, size);
	write64(hdm, HDM0_TARGETS, 0);
	write32(hdm, HDM_CONTROL, HDM_ENABLE);
	write32(hdm, HDM0_CONTROL, HDM0_HOSTONLY);
	write32(hdm, HDM0_CONTROL, HDM0_HOSTONLY | HDM0_COMMIT);
	control = *(volatile uint32_t *)(hdm + HDM0_CONTROL);
	if (!(control & HDM0_COMMITTED))
		errx(1, "%s: not committed, control 0x%x", what, control);
	printf("firmware: %s committed, base 0x%llx size 0x%llx\n", what,
	       (unsigned long long)base, (unsigned long long)size);
}

/* Offset of a CXL DVSEC in configuration space, 0 if there is none. */
static unsigned int find_dvsec(const uint8_t *config, size_t size,
			       unsigned int id)
{
	unsigned int at = 0x100;

	while (at >= 0x100 && at + 12 <= size) {
		uint32_t header = load(config + at);

		if ((header & 0xffff) == 0x23 &&
		    (load(config + at + 4) & 0xffff) == CXL_VENDOR &&
		    (load(config + at + 8) & 0xffff) == id)
			return at;
		at = header >> 20;
	}
	return 0;
}

/* BAR and offset of the component registers, as the locator DVSEC has them. */
static void find_component(const uint8_t *config, unsigned int locator,
			   unsigned int *bar, uint64_t *offset)
{
	unsigned int at = locator + 12;
	unsigned int end = locator + (load(config + locator + 4) >> 20);

	for (; at + 8 <= end; at += 8) {
		uint32_t low = load(config + at);

		if (((low >> 8) & 0xff) != BLOCK_COMPONENT)
			continue;
		*bar = low & 7;
		*offset = (low & 0xffff0000) |
			  (uint64_t)load(config + at + 4) << 32;
		return;
	}
	errx(1, "no component registers in the locator");
}

/* Memory decoding is off until a driver comes. */
static void enable_memory(const char *path, const uint8_t *config)
{
	uint8_t command = config[4] | 2;
	int fd = open(path, O_RDWR);

	if (fd < 0 || pwrite(fd, &command, 1, 4) != 1)
		err(1, "%s", path);
	close(fd);
}

/* The decoder block of a device, NULL when it is no CXL memory device. */
static volatile uint8_t *endpoint_hdm(const char *name)
{
	uint8_t config[4096];
	char path[512];
	unsigned int bar, locator;
	uint64_t offset;
	size_t size;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", name);
	size = read_file(path, config, sizeof(config));
	locator = find_dvsec(config, size, DVSEC_LOCATOR);
	if (!locator || !find_dvsec(config, size, DVSEC_DEVICE))
		return NULL;
	find_component(config, locator, &bar, &offset);
	enable_memory(path, config);
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource%u", name, bar);
	printf("firmware: device %s\n", name);
	return find_hdm(map(path, offset));
}

static volatile uint8_t *first_endpoint_hdm(void)
{
	volatile uint8_t *hdm = NULL;
	struct dirent **names;
	int i, n = scandir(PCI_DEVICES, &names, NULL, alphasort);

	for (i = 0; i < n && !hdm; i++)
		if (names[i]->d_name[0] != '.')
			hdm = endpoint_hdm(names[i]->d_name);
	if (!hdm)
		errx(1, "no CXL memory device");
	return hdm;
}

int main(int argc, char **argv)
{
	static uint8_t table[65536];
	const struct cfmws *window;
	const struct chbs *bridge;
	uint64_t size;
	size_t n;

	if (argc != 2)
		errx(2, "usage: firmware SIZE");
	size = parse_size(argv[1]);
	n = read_file(CEDT, table, sizeof(table));
	window = cedt_find(table, n, 1, 0);
	bridge = cedt_find(table, n, 0, window->target);

	commit("host bridge", find_hdm(map("/dev/mem", bridge->base)),
	       window->base, size);
	commit("endpoint", first_endpoint_hdm(), window->base, size);
	return 0;
}
