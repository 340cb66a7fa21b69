// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CXL Device DVSEC bit by bit (CXL 3.1 8.1.3): what of it a VFIO user can
 * change, and that nothing of that reaches the device. With a region and
 * without one.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "sysfs_util.h"
#include "vfio_util.h"

#define DVSEC_CXL_DEVICE	0
#define DVSEC_CAP		0x0a
#define DVSEC_CTRL		0x0c
#define DVSEC_STATUS		0x0e
#define DVSEC_CTRL2		0x10
#define   DISABLE_CACHING	0x0001
#define   CACHE_WBI		0x0002
#define   CXL_RESET		0x0004
#define DVSEC_STATUS2		0x12
#define   CACHE_INVALID		0x0001
#define   RESET_COMPLETE	0x0002
#define DVSEC_LOCK		0x14
#define   CONFIG_LOCK		0x0001
#define SIZE_HIGH(n)		(0x18 + 0x10 * (n))
#define SIZE_LOW(n)		(0x1c + 0x10 * (n))
#define   SIZE_LOW_MASK		0xf0000000
#define   MEM_INFO_VALID	0x00000001
#define   MEM_ACTIVE		0x00000002
#define DVSEC_MAX		0x100

static char bdf[BDF_LEN];

/* Bits that a write sets and clears. All else, in all registers, is frozen. */
static const struct {
	const char *name;
	unsigned int offset;
	uint16_t rw;
} registers[] = {
	{ "Capability",		DVSEC_CAP,	 0 },
	{ "Control",		DVSEC_CTRL,	 0x4ffd },
	{ "Status",		DVSEC_STATUS,	 0 },
	{ "Control2",		DVSEC_CTRL2,	 0x0019 },
	{ "Lock",		DVSEC_LOCK,	 0 },
	{ "Capability2",	0x16,	 0 },
	{ "Range 1 Size High",	0x18,	 0 },
	{ "Range 1 Size High+",	0x1a,	 0 },
	{ "Range 1 Size Low",	0x1c,	 0 },
	{ "Range 1 Size Low+",	0x1e,	 0 },
	{ "Range 1 Base High",	0x20,	 0 },
	{ "Range 1 Base High+",	0x22,	 0 },
	{ "Range 1 Base Low",	0x24,	 0 },
	{ "Range 1 Base Low+",	0x26,	 0 },
	{ "Range 2 Size High",	0x28,	 0 },
	{ "Range 2 Size High+",	0x2a,	 0 },
	{ "Range 2 Size Low",	0x2c,	 0 },
	{ "Range 2 Size Low+",	0x2e,	 0 },
	{ "Range 2 Base High",	0x30,	 0 },
	{ "Range 2 Base High+",	0x32,	 0 },
	{ "Range 2 Base Low",	0x34,	 0 },
	{ "Range 2 Base Low+",	0x36,	 0 },
};

FIXTURE(dvsec) {
	struct vfio_dev dev;
	unsigned int pos, len;
	uint8_t hw[DVSEC_MAX];
	uint64_t size;
};

FIXTURE_VARIANT(dvsec) {
	bool region;
};

FIXTURE_VARIANT_ADD(dvsec, with_region) {
	.region = true,
};

FIXTURE_VARIANT_ADD(dvsec, without_region) {
	.region = false,
};

FIXTURE_SETUP(dvsec)
{
	uint32_t header;

	self->dev.fd = -1;
	self->size = variant->region ? cxl_test_size() : 0;
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
	self->pos = vfio_find_dvsec(&self->dev, DVSEC_CXL_DEVICE);
	ASSERT_NE(0, self->pos);
	ASSERT_EQ(0, vfio_config_read(&self->dev, self->pos + PCI_DVSEC_HEADER1,
				      4, &header));
	self->len = header >> 20;
	ASSERT_LE(0x38, self->len);
	ASSERT_GE(DVSEC_MAX, self->len);
	ASSERT_EQ(0, pci_config_read(bdf, self->pos, self->hw, self->len));
}

/* The device has to have what it had, whatever the test wrote */
FIXTURE_TEARDOWN(dvsec)
{
	uint8_t now[DVSEC_MAX];

	EXPECT_EQ(0, pci_config_read(bdf, self->pos, now, self->len));
	EXPECT_EQ(0, memcmp(self->hw, now, self->len));
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
}

static uint32_t get(FIXTURE_DATA(dvsec) *self, unsigned int offset,
		    unsigned int size)
{
	uint32_t value;

	if (vfio_config_read(&self->dev, self->pos + offset, size, &value))
		return 0xdead;
	return value;
}

static int set(FIXTURE_DATA(dvsec) *self, unsigned int offset,
	       unsigned int size, uint32_t value)
{
	return vfio_config_write(&self->dev, self->pos + offset, size, value);
}

/* What a write of the complement of one bit changes */
static uint16_t flip(FIXTURE_DATA(dvsec) *self, unsigned int offset,
		     uint16_t bit)
{
	uint16_t before = get(self, offset, 2), after;

	set(self, offset, 2, before ^ bit);
	after = get(self, offset, 2);
	set(self, offset, 2, before);
	return before ^ after;
}

TEST_F(dvsec, every_bit)
{
	for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
		uint16_t changed = 0;

		for (int bit = 0; bit < 16; bit++)
			changed |= flip(self, registers[i].offset, 1 << bit);
		EXPECT_EQ(registers[i].rw, changed) {
			TH_LOG("%s", registers[i].name);
		}
	}
}

TEST_F(dvsec, every_bit_by_bytes)
{
	for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
		unsigned int at = registers[i].offset;
		uint16_t before = get(self, at, 2), after;

		set(self, at, 1, ~before & 0xff);
		set(self, at + 1, 1, (uint8_t)~(before >> 8));
		after = get(self, at, 2);
		EXPECT_EQ(registers[i].rw, before ^ after) {
			TH_LOG("%s", registers[i].name);
		}
	}
}

TEST_F(dvsec, a_write_of_everything)
{
	uint64_t config = (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << 40;
	uint8_t ones[DVSEC_MAX];
	unsigned int len = self->len - DVSEC_CAP;

	memset(ones, 0xff, sizeof(ones));
	ASSERT_EQ(len, pwrite(self->dev.fd, ones, len,
			      config + self->pos + DVSEC_CAP));
	for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
		unsigned int at = registers[i].offset;

		EXPECT_EQ(registers[i].rw, get(self, at, 2) & registers[i].rw);
	}
}

static bool hw_locked(FIXTURE_DATA(dvsec) *self)
{
	uint8_t lock = 0;

	return pci_config_read(bdf, self->pos + DVSEC_LOCK, &lock, 1) ||
	       lock & CONFIG_LOCK;
}

/* By a byte, a word, dwords aligned and not, and from the register before */
TEST_F(dvsec, config_lock_cannot_be_set)
{
	static const struct {
		unsigned int offset, size;
		uint32_t value;
	} ways[] = {
		{ DVSEC_LOCK, 1, CONFIG_LOCK },
		{ DVSEC_LOCK, 2, CONFIG_LOCK },
		{ DVSEC_LOCK, 4, CONFIG_LOCK },
		{ DVSEC_LOCK - 1, 2, CONFIG_LOCK << 8 },
		{ DVSEC_LOCK - 1, 4, CONFIG_LOCK << 8 },
		{ DVSEC_LOCK - 2, 4, CONFIG_LOCK << 16 },
		{ DVSEC_LOCK - 3, 4, CONFIG_LOCK << 24 },
	};
	uint32_t before = get(self, DVSEC_LOCK, 2);

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		EXPECT_EQ(0, set(self, ways[i].offset, ways[i].size,
				 ways[i].value));
		EXPECT_FALSE(hw_locked(self)) {
			TH_LOG("%u bytes at %#x", ways[i].size, ways[i].offset);
		}
		EXPECT_EQ(before, get(self, DVSEC_LOCK, 2));
	}
}

/* What follows belongs to another capability, and is written as it was */
TEST_F(dvsec, a_write_across_the_end)
{
	uint64_t config = (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << 40;
	off_t at = config + self->pos + self->len - 4;
	uint8_t before[8], after[8];

	ASSERT_EQ(8, pread(self->dev.fd, before, 8, at));
	memcpy(after, before, 8);
	memset(after, 0xff, 4);
	ASSERT_EQ(8, pwrite(self->dev.fd, after, 8, at));
	ASSERT_EQ(8, pread(self->dev.fd, after, 8, at));
	EXPECT_EQ(0, memcmp(before, after, 8));
}

TEST_F(dvsec, a_read_across_both_ends)
{
	uint64_t config = (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << 40;
	uint8_t all[DVSEC_MAX + 16];
	size_t len = self->len + 8;

	ASSERT_EQ(len, pread(self->dev.fd, all, len, config + self->pos - 4));
	for (size_t i = 0; i < len; i++) {
		EXPECT_EQ(get(self, i - 4, 1), all[i]) {
			TH_LOG("byte %zd", i - 4);
		}
	}
}

TEST_F(dvsec, cxl_reset_is_done_at_once)
{
	ASSERT_EQ(0, set(self, DVSEC_CTRL2, 2, CXL_RESET));
	EXPECT_EQ(0, get(self, DVSEC_CTRL2, 2) & CXL_RESET);
	EXPECT_NE(0, get(self, DVSEC_STATUS2, 2) & RESET_COMPLETE);
}

TEST_F(dvsec, cache_write_back_is_done_at_once)
{
	ASSERT_EQ(0, set(self, DVSEC_CTRL2, 1, DISABLE_CACHING | CACHE_WBI));
	EXPECT_EQ(DISABLE_CACHING, get(self, DVSEC_CTRL2, 2));
	EXPECT_NE(0, get(self, DVSEC_STATUS2, 2) & CACHE_INVALID);
	ASSERT_EQ(0, set(self, DVSEC_CTRL2, 1, 0));
	EXPECT_EQ(0, get(self, DVSEC_STATUS2, 2) & CACHE_INVALID);
}

TEST_F(dvsec, ranges)
{
	uint32_t low = get(self, SIZE_LOW(0), 4);
	uint64_t size = (uint64_t)get(self, SIZE_HIGH(0), 4) << 32 |
			(low & SIZE_LOW_MASK);

	if (!variant->region) {
		uint32_t hw_low;

		memcpy(&hw_low, self->hw + SIZE_LOW(0), 4);
		EXPECT_EQ(le32toh(hw_low), low);
		return;
	}
	EXPECT_EQ(self->size, size);
	EXPECT_EQ(MEM_INFO_VALID | MEM_ACTIVE,
		  low & (MEM_INFO_VALID | MEM_ACTIVE));
	EXPECT_EQ(0, get(self, SIZE_HIGH(1), 4));
	EXPECT_EQ(0, get(self, SIZE_LOW(1), 4) & SIZE_LOW_MASK);
}

TEST_F(dvsec, a_reset_makes_it_new)
{
	uint32_t before = get(self, DVSEC_CTRL, 4);

	ASSERT_EQ(0, set(self, DVSEC_CTRL, 2, before ^ 0x4ffd));
	ASSERT_NE(before, get(self, DVSEC_CTRL, 4));
	ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
	EXPECT_EQ(before, get(self, DVSEC_CTRL, 4));
}

TEST_F(dvsec, another_open_makes_it_new)
{
	uint32_t before = get(self, DVSEC_CTRL, 4);

	ASSERT_EQ(0, set(self, DVSEC_CTRL, 2, before ^ 0x4ffd));
	vfio_close(&self->dev);
	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
	EXPECT_EQ(before, get(self, DVSEC_CTRL, 4));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
