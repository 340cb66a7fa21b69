// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bind delivers a region of exactly the requested size, an unbind leaves
 * nothing of it, and the next bind may have another size. On every device.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"

#define CYCLES 20

static char bdf[MAX_DEVICES][BDF_LEN];
static int devices;

FIXTURE(deliver) {
	struct snapshot before;
};

FIXTURE_SETUP(deliver)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
}

FIXTURE_TEARDOWN(deliver)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

/* What the CXL core says of a region */
static void check_region(struct __test_metadata *_metadata, const char *region,
			 uint64_t size)
{
	char text[NAME_LEN];
	uint64_t value;

	EXPECT_EQ(0, cxl_read_u64(region, "size", &value));
	EXPECT_EQ(size, value);
	EXPECT_EQ(0, cxl_read_u64(region, "commit", &value));
	EXPECT_EQ(1, value);
	EXPECT_EQ(0, cxl_read_u64(region, "locked", &value));
	EXPECT_EQ(1, value);
	EXPECT_EQ(0, cxl_read_u64(region, "interleave_ways", &value));
	EXPECT_EQ(1, value);
	EXPECT_LT(0, cxl_read(region, "mode", text, sizeof(text)));
	EXPECT_STREQ("ram", text);
}

/* Locked is no empty word: root cannot decommit it by the CXL's own file */
static void check_locked(struct __test_metadata *_metadata, const char *region)
{
	EXPECT_GT(0, cxl_write(region, "commit", "0"));
	EXPECT_GT(0, cxl_write(region, "size", "0"));
}

/* What the map of physical memory says of it */
static void check_map(struct __test_metadata *_metadata, const char *region,
		      uint64_t want)
{
	uint64_t start, size, resource;

	ASSERT_EQ(1, iomem_find(region, &start, &size));
	EXPECT_EQ(want, size);
	ASSERT_EQ(0, cxl_read_u64(region, "resource", &resource));
	EXPECT_EQ(resource, start);
	EXPECT_EQ(0, start % ALIGN);
}

/*
 * A device without Cache_Capable is host-only coherent (HDM-H), and so must be
 * every decoder between it and the root: "expander" in the core's words. One
 * with it is device-coherent, an "accelerator".
 */
static const char *target_type(const char *device)
{
	return pci_has_cxl_cache(device) ? "accelerator" : "expander";
}

static void check_decoders(struct __test_metadata *_metadata,
			   const char *device, const char *region,
			   uint64_t size)
{
	char name[NAME_LEN], text[NAME_LEN];
	uint64_t value;
	int levels = 0;

	for (int n = 0; !cxl_find("decoder", n, name, sizeof(name)); n++) {
		if (cxl_read(name, "region", text, sizeof(text)) < 0 ||
		    strcmp(text, region))
			continue;
		levels++;
		EXPECT_LT(0, cxl_read(name, "target_type", text, sizeof(text)));
		EXPECT_STREQ(target_type(device), text) {
			TH_LOG("%s", name);
		}
		EXPECT_EQ(0, cxl_read_u64(name, "size", &value));
		EXPECT_EQ(size, value);
	}
	EXPECT_EQ(topology_is("switch") ? 3 : 2, levels);
}

static void check_hardware(struct __test_metadata *_metadata,
			   const char *device, const char *region,
			   uint64_t size)
{
	struct hdm_decoder dec;
	uint64_t resource;

	ASSERT_EQ(1, hdm_committed(device, &dec));
	ASSERT_EQ(0, cxl_read_u64(region, "resource", &resource));
	EXPECT_EQ(resource, dec.base);
	EXPECT_EQ(size, dec.size);
	EXPECT_EQ(0, dec.id);
	/* interleave ways and granularity */
	EXPECT_EQ(0, dec.ctrl & 0xf0);
	EXPECT_EQ(!pci_has_cxl_cache(device),
		  !!(dec.ctrl & HDM_DEC_HOST_ONLY));
}

/* The window is one that leads to the device's own host bridge */
static void check_window(struct __test_metadata *_metadata, const char *device,
			 const char *region)
{
	char path[PATH_MAX], place[PATH_MAX], window[PATH_MAX];
	char target[NAME_LEN], bridge[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s", device);
	ASSERT_NE(NULL, realpath(path, place));
	snprintf(path, sizeof(path), SYSFS_CXL "/devices/%s/..", region);
	ASSERT_NE(NULL, realpath(path, window));
	snprintf(path, sizeof(path), "%.2000s/target_list", window);
	ASSERT_LT(0, sysfs_read(path, target, sizeof(target)));
	snprintf(path, sizeof(path), "%.2000s/../dport%s", window, target);
	ASSERT_NE(NULL, realpath(path, bridge));
	EXPECT_EQ(0, strncmp(place, bridge, strlen(bridge))) {
		TH_LOG("%s in a window of %s", place, bridge);
	}
}

/* The kernel must not take the memory for itself: no dax, no System RAM */
static void check_not_taken(struct __test_metadata *_metadata,
			    const char *region)
{
	char path[PATH_MAX];
	uint64_t first, last, start, size;
	char line[256], *colon;
	FILE *map;

	ASSERT_EQ(1, iomem_find(region, &start, &size));
	map = fopen("/proc/iomem", "re");
	ASSERT_NE(NULL, map);
	while (fgets(line, sizeof(line), map)) {
		int fields = sscanf(line, " %lx-%lx", &first, &last);

		ASSERT_EQ(2, fields);
		colon = strstr(line, " : ");
		if (first >= start && last < start + size) {
			EXPECT_EQ(0, strncmp(colon + 3, region,
					     strlen(region))) {
				TH_LOG("in the region: %s", line);
			}
		}
	}
	fclose(map);
	snprintf(path, sizeof(path), SYSFS_CXL "/devices/dax_%s", region);
	EXPECT_NE(0, access(path, F_OK));
	EXPECT_NE(0, access("/sys/bus/dax/devices/dax0.0", F_OK));
}

static void check_delivered(struct __test_metadata *_metadata,
			    const char *device, uint64_t size)
{
	char region[NAME_LEN];

	EXPECT_STREQ("committed", region_attr(device, "state"));
	EXPECT_STREQ("", region_attr(device, "error"));
	ASSERT_LT(0, pci_link(device, "cxl_region/region", region,
			      sizeof(region)));
	check_region(_metadata, region, size);
	check_locked(_metadata, region);
	check_map(_metadata, region, size);
	check_decoders(_metadata, device, region, size);
	check_hardware(_metadata, device, region, size);
	check_window(_metadata, device, region);
	check_not_taken(_metadata, region);
}

TEST_F(deliver, exactly_what_was_requested)
{
	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, pci_write_u64(bdf[i], "cxl_region/size",
					   512 * MIB));
		ASSERT_EQ(0, pci_bind(bdf[i], DRIVER));
		check_delivered(_metadata, bdf[i], 512 * MIB);
	}
}

TEST_F(deliver, all_of_the_device)
{
	ASSERT_EQ(0, pci_write_u64(bdf[0], "cxl_region/size", GIB));
	ASSERT_EQ(0, pci_bind(bdf[0], DRIVER));
	check_delivered(_metadata, bdf[0], GIB);
}

TEST_F(deliver, unbind_leaves_nothing_but_the_request)
{
	ASSERT_EQ(0, pci_write_u64(bdf[0], "cxl_region/size", 512 * MIB));
	ASSERT_EQ(0, pci_bind(bdf[0], DRIVER));
	ASSERT_EQ(0, pci_unbind(bdf[0]));
	EXPECT_TRUE(snapshot_returns(&self->before));
	EXPECT_EQ(0, hdm_committed(bdf[0], NULL));
	EXPECT_STREQ("0x20000000", region_attr(bdf[0], "size"));
	EXPECT_STREQ("requested", region_attr(bdf[0], "state"));
}

/* At once: the core is still taking the last one's ports down */
TEST_F(deliver, rebind_without_a_pause)
{
	ASSERT_EQ(0, pci_write_u64(bdf[0], "cxl_region/size", 256 * MIB));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, pci_bind(bdf[0], DRIVER)) {
			TH_LOG("round %d: %s", i, region_attr(bdf[0], "error"));
		}
		ASSERT_EQ(0, pci_unbind(bdf[0]));
	}
}

TEST_F_TIMEOUT(deliver, another_size_every_time, 120)
{
	for (int i = 0; i < CYCLES; i++) {
		uint64_t size = (1 + i * 3 % 4) * ALIGN;

		ASSERT_EQ(0, pci_write_u64(bdf[0], "cxl_region/size", size));
		ASSERT_EQ(0, pci_bind(bdf[0], DRIVER)) {
			TH_LOG("round %d: %s", i, region_attr(bdf[0], "error"));
		}
		check_delivered(_metadata, bdf[0], size);
		ASSERT_EQ(0, pci_unbind(bdf[0]));
		ASSERT_TRUE(snapshot_returns(&self->before)) {
			TH_LOG("round %d", i);
		}
	}
}

int main(int argc, char **argv)
{
	devices = need_devices(bdf);
	return test_harness_run(argc, argv);
}
