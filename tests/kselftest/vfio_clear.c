// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing of one user of the memory is left for the next: over another open,
 * over another binding, and only if the module's parameter wants it so. The
 * test with the parameter off is the one that shows that the others can fail.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "sysfs_util.h"
#include "vfio_util.h"

#define PAGE 4096UL

static char bdf[BDF_LEN];

FIXTURE(region) {
	struct vfio_dev dev;
	uint64_t size;
	char *map;
};

static void look_up(struct __test_metadata *_metadata,
		    FIXTURE_DATA(region) *self)
{
	self->map = vfio_open_memory(&self->dev, bdf, NULL);
	ASSERT_NE(MAP_FAILED, self->map);
}

static void give_back(FIXTURE_DATA(region) *self)
{
	munmap(self->map, self->size);
	vfio_close(&self->dev);
}

FIXTURE_SETUP(region)
{
	self->dev.fd = -1;
	self->size = cxl_test_size();
	ASSERT_EQ(0, sysfs_write(CLEAR, "1"));
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	look_up(_metadata, self);
}

FIXTURE_TEARDOWN(region)
{
	give_back(self);
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
	EXPECT_EQ(0, cxl_withdraw(bdf));
}

/* A word in every page, at a place that moves through the page */
static uint64_t *mark(FIXTURE_DATA(region) *self, uint64_t page)
{
	return (uint64_t *)(self->map + page * PAGE + page * 8 % PAGE);
}

static void leave_marks(FIXTURE_DATA(region) *self)
{
	for (uint64_t page = 0; page < self->size / PAGE; page++)
		*mark(self, page) = ~page;
}

static uint64_t count_marks(FIXTURE_DATA(region) *self)
{
	uint64_t marks = 0;

	for (uint64_t page = 0; page < self->size / PAGE; page++)
		marks += *mark(self, page) == ~page;
	return marks;
}

/* Every byte of every page */
static bool is_clear(FIXTURE_DATA(region) *self)
{
	return !self->map[0] &&
	       !memcmp(self->map, self->map + 1, self->size - 1);
}

TEST_F(region, is_clear_for_the_first_user)
{
	EXPECT_TRUE(is_clear(self));
}

TEST_F(region, is_clear_for_the_next_user)
{
	leave_marks(self);
	ASSERT_EQ(self->size / PAGE, count_marks(self));
	give_back(self);
	look_up(_metadata, self);
	EXPECT_EQ(0, count_marks(self));
	EXPECT_TRUE(is_clear(self));
}

TEST_F(region, is_as_it_was_if_nothing_clears)
{
	leave_marks(self);
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	give_back(self);
	look_up(_metadata, self);
	EXPECT_EQ(self->size / PAGE, count_marks(self));
}

/* What was left while nothing cleared is remembered to be there */
TEST_F(region, is_clear_once_it_is_wanted_again)
{
	leave_marks(self);
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	give_back(self);
	ASSERT_EQ(0, sysfs_write(CLEAR, "1"));
	look_up(_metadata, self);
	EXPECT_EQ(0, count_marks(self));
}

/* Not by the open, which does not clear here: the unbind has waited */
TEST_F(region, is_clear_when_it_is_unbound)
{
	leave_marks(self);
	give_back(self);
	ASSERT_EQ(0, cxl_withdraw(bdf));
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	look_up(_metadata, self);
	EXPECT_EQ(0, count_marks(self));
}

/* By the first open, since the binding before did not clear */
TEST_F(region, is_clear_after_another_binding)
{
	leave_marks(self);
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	give_back(self);
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	ASSERT_EQ(0, sysfs_write(CLEAR, "1"));
	look_up(_metadata, self);
	EXPECT_EQ(0, count_marks(self));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
