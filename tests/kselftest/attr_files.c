// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of cxl_region/: which devices have them, their modes, and what
 * those say that need no request.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"

static char bdf[MAX_DEVICES][BDF_LEN];
static int devices;

static const struct {
	const char *name;
	mode_t mode;
} files[] = {
	{ "size", 0644 },
	{ "size_max", 0444 },
	{ "size_max_source", 0444 },
	{ "size_align", 0444 },
	{ "available", 0444 },
	{ "state", 0444 },
	{ "error", 0444 },
};

#define NR_FILES (sizeof(files) / sizeof(*files))

/*
 * What each topology gives its devices, which all are of 1 GiB. Where firmware
 * committed 512 MiB, a bind can get no other region.
 */
static const struct {
	const char *name;
	int devices;
	const char *available;
} known[] = {
	{ "one", 1, "0x40000000" },
	{ "two-bridges", 2, "0x40000000" },
	{ "switch", 4, "0x40000000" },
	{ "no-window", 1, "0x0" },
	{ "small-window", 1, "0x10000000" },
	{ "firmware", 1, "0x20000000" },
	{ "accel", 1, "0x40000000" },
};

#define NR_KNOWN (sizeof(known) / sizeof(*known))

static int known_topology(void)
{
	for (size_t i = 0; i < NR_KNOWN; i++)
		if (topology_is(known[i].name))
			return i;
	return -1;
}

FIXTURE(files) {
};

FIXTURE_SETUP(files)
{
	ASSERT_EQ(0, cxl_reset_all());
}

FIXTURE_TEARDOWN(files)
{
}

static bool has_files(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region", name);
	return !access(path, F_OK);
}

/* A host has functions with no CXL, and root ports with CXL and no memory */
TEST_F(files, every_memory_device_has_them_and_none_else)
{
	DIR *dir = opendir(SYSFS_PCI "/devices");
	struct dirent *entry;
	int with = 0, without = 0;

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		EXPECT_EQ(pci_has_cxl_mem(entry->d_name),
			  has_files(entry->d_name)) {
			TH_LOG("device %s", entry->d_name);
		}
		*(has_files(entry->d_name) ? &with : &without) += 1;
	}
	closedir(dir);
	EXPECT_EQ(devices, with);
	EXPECT_LT(0, without);
}

TEST_F(files, as_many_as_the_topology_has)
{
	int topology = known_topology();

	if (topology < 0)
		SKIP(return, "not a topology of tests/vm/topology");
	EXPECT_EQ(known[topology].devices, devices);
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n - 2;
}

TEST_F(files, modes)
{
	char path[PATH_MAX];
	struct stat st;

	for (int i = 0; i < devices; i++) {
		for (size_t f = 0; f < NR_FILES; f++) {
			snprintf(path, sizeof(path),
				 SYSFS_PCI "/devices/%s/cxl_region/%s", bdf[i],
				 files[f].name);
			ASSERT_EQ(0, stat(path, &st)) {
				TH_LOG("%s", path);
			}
			EXPECT_EQ(files[f].mode, st.st_mode & 07777) {
				TH_LOG("%s", path);
			}
			EXPECT_EQ(0, st.st_uid);
		}
		*strrchr(path, '/') = 0;
		EXPECT_EQ(NR_FILES, count_entries(path));
	}
}

TEST_F(files, only_size_takes_a_write)
{
	char name[NAME_LEN];

	for (size_t f = 1; f < NR_FILES; f++) {
		snprintf(name, sizeof(name), "cxl_region/%s", files[f].name);
		EXPECT_EQ(-EACCES, pci_write(bdf[0], name, "0\n")) {
			TH_LOG("%s", name);
		}
	}
}

TEST_F(files, no_request_at_first)
{
	for (int i = 0; i < devices; i++) {
		EXPECT_STREQ("0x0", region_attr(bdf[i], "size"));
		EXPECT_STREQ(topology_is("firmware") ? "firmware" : "idle",
			     region_attr(bdf[i], "state"));
		EXPECT_STREQ("", region_attr(bdf[i], "error"));
	}
}

TEST_F(files, no_link_without_a_region)
{
	char region[NAME_LEN];

	for (int i = 0; i < devices; i++) {
		EXPECT_EQ(-ENOENT, pci_link(bdf[i], "cxl_region/region",
					    region, sizeof(region)));
	}
}

TEST_F(files, alignment_is_256_mib)
{
	for (int i = 0; i < devices; i++) {
		EXPECT_STREQ("0x10000000", region_attr(bdf[i], "size_align"));
	}
}

TEST_F(files, capacity_is_from_cdat)
{
	if (known_topology() < 0)
		SKIP(return, "not a topology of tests/vm/topology");
	for (int i = 0; i < devices; i++) {
		EXPECT_STREQ("0x40000000", region_attr(bdf[i], "size_max"));
		EXPECT_STREQ("cdat", region_attr(bdf[i], "size_max_source"));
	}
}

TEST_F(files, available_is_what_the_windows_have)
{
	int topology = known_topology();

	if (topology < 0)
		SKIP(return, "not a topology of tests/vm/topology");
	for (int i = 0; i < devices; i++) {
		EXPECT_STREQ(known[topology].available,
			     region_attr(bdf[i], "available"));
	}
}

int main(int argc, char **argv)
{
	devices = need_devices(bdf);
	return test_harness_run(argc, argv);
}
