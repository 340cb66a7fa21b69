// SPDX-License-Identifier: GPL-2.0-only
/* See hdm_util.h; section numbers are those of the CXL specification 3.1 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hdm_util.h"
#include "sysfs_util.h"

#define CXL_VENDOR		0x1e98
#define CEDT			"/sys/firmware/acpi/tables/CEDT"

/* 8.2.3: a component block, and the capabilities in its CXL.cache/mem part */
#define COMPONENT_SIZE		0x10000
#define CACHEMEM		0x1000
#define CAP_HDM			5

/* 8.1.3.2 */
#define DVSEC_CTRL		0x0c
#define  DVSEC_MEM_ENABLE	(1 << 2)

/* 8.1.9: an entry of the register locator */
#define LOCATOR_ENTRIES		0x0c
#define LOCATOR_COMPONENT	1

struct config {
	uint8_t byte[PCI_CFG_SPACE_EXP_SIZE];
	size_t len;
};

static int open_pci(const char *bdf, const char *file, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/%s", bdf, file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_config(const char *bdf, struct config *config)
{
	int fd = open_pci(bdf, "config", O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, config->byte, sizeof(config->byte));
	close(fd);
	config->len = len < 0 ? 0 : len;
	return len < 0 ? -EIO : 0;
}

static uint32_t config32(const struct config *config, unsigned int reg)
{
	uint32_t value;

	if (reg + sizeof(value) > config->len)
		return 0;
	memcpy(&value, config->byte + reg, sizeof(value));
	return le32toh(value);
}

static unsigned int find_dvsec(const struct config *config, uint16_t id)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE;

	for (int n = 0; pos && n < 480; n++) {
		uint32_t head = config32(config, pos);

		if (PCI_EXT_CAP_ID(head) == PCI_EXT_CAP_ID_DVSEC &&
		    (config32(config, pos + 4) & 0xffff) == CXL_VENDOR &&
		    (config32(config, pos + 8) & 0xffff) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(head);
	}
	return 0;
}

/* The capabilities of a device are in function 0 of it only (8.1.3) */
static uint16_t cxl_capability(const char *bdf)
{
	struct config config;
	unsigned int pos;

	if (read_config(bdf, &config) || bdf[strlen(bdf) - 1] != '0')
		return 0;
	pos = find_dvsec(&config, DVSEC_CXL_DEVICE);
	return pos ? config32(&config, pos + 8) >> 16 : 0;
}

bool pci_has_cxl_mem(const char *bdf)
{
	return cxl_capability(bdf) & 1 << 2;
}

bool pci_has_cxl_cache(const char *bdf)
{
	return cxl_capability(bdf) & 1 << 0;
}

/* The BAR and the offset in it of the component registers */
static int find_component(const char *bdf, unsigned int *bar, uint64_t *offset)
{
	struct config config;
	unsigned int pos, end;
	int ret;

	ret = read_config(bdf, &config);
	if (ret)
		return ret;
	pos = find_dvsec(&config, DVSEC_CXL_LOCATOR);
	if (!pos)
		return -ENOENT;
	end = pos + (config32(&config, pos + 4) >> 20);
	for (pos += LOCATOR_ENTRIES; pos + 8 <= end; pos += 8) {
		uint32_t low = config32(&config, pos);

		if ((low >> 8 & 0xff) != LOCATOR_COMPONENT)
			continue;
		*bar = low & 7;
		*offset = (uint64_t)config32(&config, pos + 4) << 32 |
			  (low & 0xffff0000);
		return 0;
	}
	return -ENOENT;
}

/* 8.2.4.1: the capability array comes first */
static int find_hdm(struct hdm_block *block)
{
	volatile uint32_t *array = (void *)((char *)block->map + CACHEMEM);
	uint32_t n = le32toh(array[0]);

	if (n == ~0u || !n)
		return -EIO;
	for (uint32_t i = 1; i <= n >> 24; i++) {
		uint32_t cap = le32toh(array[i]);

		if ((cap & 0xffff) != CAP_HDM)
			continue;
		block->hdm = array + (cap >> 20) / 4;
		return 0;
	}
	return -ENOENT;
}

/* A BAR may end before the block does; a device that is no file says 0 */
static size_t block_len(int fd, uint64_t offset)
{
	struct stat st;

	if (fstat(fd, &st) || st.st_size <= (off_t)offset ||
	    st.st_size - offset > COMPONENT_SIZE)
		return COMPONENT_SIZE;
	return st.st_size - offset;
}

static int map_block(int fd, uint64_t offset, bool writable,
		     struct hdm_block *block)
{
	int ret;

	block->len = block_len(fd, offset);
	block->map = mmap(NULL, block->len,
			  PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED,
			  fd, offset);
	if (block->map == MAP_FAILED)
		return -errno;
	ret = find_hdm(block);
	if (ret)
		hdm_unmap(block);
	return ret;
}

int hdm_map(const char *bdf, bool writable, struct hdm_block *block)
{
	char file[16];
	unsigned int bar;
	uint64_t offset;
	int fd, ret;

	ret = find_component(bdf, &bar, &offset);
	if (ret)
		return ret;
	snprintf(file, sizeof(file), "resource%u", bar);
	fd = open_pci(bdf, file, writable ? O_RDWR : O_RDONLY);
	if (fd < 0)
		return fd;
	ret = map_block(fd, offset, writable, block);
	close(fd);
	return ret;
}

void hdm_unmap(struct hdm_block *block)
{
	munmap(block->map, block->len);
}

/* 8.2.4.20.1: 0 is 1, 1 to 8 is twice, 9 to 12 is 20 to 32 */
unsigned int hdm_count(const struct hdm_block *block)
{
	unsigned int n = le32toh(block->hdm[0]) & 0xf;

	if (!n)
		return 1;
	return n <= 8 ? 2 * n : 4 * (n - 4);
}

volatile uint32_t *hdm_ctrl(const struct hdm_block *block, unsigned int id)
{
	return block->hdm + 8 + 8 * id;
}

void hdm_read(const struct hdm_block *block, unsigned int id,
	      struct hdm_decoder *dec)
{
	volatile uint32_t *reg = block->hdm + 4 + 8 * id;

	*dec = (struct hdm_decoder){
		.id = id,
		.base = (uint64_t)le32toh(reg[1]) << 32 | le32toh(reg[0]),
		.size = (uint64_t)le32toh(reg[3]) << 32 | le32toh(reg[2]),
		.ctrl = le32toh(reg[4]),
	};
}

static int committed(const struct hdm_block *block, struct hdm_decoder *first)
{
	struct hdm_decoder dec;
	int found = 0;

	for (unsigned int id = 0; id < hdm_count(block); id++) {
		hdm_read(block, id, &dec);
		if (dec.ctrl == ~0u)
			return -EIO;
		if (dec.ctrl & HDM_DEC_COMMITTED && !found++ && first)
			*first = dec;
	}
	return found;
}

static bool switch_bit(const char *bdf, unsigned int reg, uint16_t bit, bool on)
{
	int fd = open_pci(bdf, "config", O_RDWR);
	uint16_t value = 0;
	bool was;

	if (fd < 0)
		return on;
	was = pread(fd, &value, 2, reg) == 2 && value & bit;
	if (on != was) {
		value ^= bit;
		was = pwrite(fd, &value, 2, reg) == 2 ? was : on;
	}
	close(fd);
	return was;
}

bool pci_memory_space(const char *bdf, bool on)
{
	return switch_bit(bdf, PCI_COMMAND, PCI_COMMAND_MEMORY, on);
}

bool pci_mem_enable(const char *bdf, bool on)
{
	struct config config;
	unsigned int pos;

	if (read_config(bdf, &config))
		return on;
	pos = find_dvsec(&config, DVSEC_CXL_DEVICE);
	return pos ? switch_bit(bdf, pos + DVSEC_CTRL, DVSEC_MEM_ENABLE, on) : on;
}

/* A function that nobody enabled yet may have its Memory Space off */
int hdm_committed(const char *bdf, struct hdm_decoder *first)
{
	bool was = pci_memory_space(bdf, true);
	struct hdm_block block;
	int ret = hdm_map(bdf, false, &block);

	if (!ret) {
		ret = committed(&block, first);
		hdm_unmap(&block);
	}
	pci_memory_space(bdf, was);
	return ret;
}

static void print_block(FILE *out, const char *name,
			const struct hdm_block *block)
{
	struct hdm_decoder dec;

	for (unsigned int id = 0; id < hdm_count(block); id++) {
		hdm_read(block, id, &dec);
		if (dec.ctrl & HDM_DEC_COMMITTED)
			fprintf(out, "%s decoder %u: %#" PRIx64 " at %#" PRIx64
				", %#x\n", name, id, dec.size, dec.base,
				dec.ctrl);
	}
}

static void print_function(FILE *out, const char *bdf)
{
	bool was = pci_memory_space(bdf, true);
	struct hdm_block block;

	if (!hdm_map(bdf, false, &block)) {
		print_block(out, bdf, &block);
		hdm_unmap(&block);
	}
	pci_memory_space(bdf, was);
}

/* 9.18.1.2: a CHBS says where the component registers of a bridge are */
static void print_bridge(FILE *out, int mem, const uint8_t *chbs)
{
	struct hdm_block block;
	char name[32];
	uint64_t base;

	memcpy(&base, chbs + 16, sizeof(base));
	if (map_block(mem, le64toh(base), false, &block))
		return;
	snprintf(name, sizeof(name), "host bridge %u", chbs[4]);
	print_block(out, name, &block);
	hdm_unmap(&block);
}

/* No entry of the table is longer than a byte can say */
static int print_bridges(FILE *out)
{
	int fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
	uint8_t cedt[SYSFS_LEN];
	ssize_t len;
	int table;

	if (fd < 0)
		return -errno;
	table = open(CEDT, O_RDONLY | O_CLOEXEC);
	len = table < 0 ? -1 : read(table, cedt, sizeof(cedt));
	close(table);
	for (ssize_t at = 36; at + 32 <= len; at += cedt[at + 2]) {
		if (!cedt[at + 2])
			break;
		if (!cedt[at])
			print_bridge(out, fd, cedt + at);
	}
	close(fd);
	return 0;
}

static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int hdm_print(FILE *out)
{
	struct dirent **names;
	int n = scandir(SYSFS_PCI "/devices", &names, NULL, compare);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			print_function(out, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return print_bridges(out);
}
