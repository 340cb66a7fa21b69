// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device says of the size of its memory
 *
 * None of the sources is mandatory. They are asked in the order of the table;
 * the first that answers is believed.
 */
#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/pci.h>
#include <linux/pci-doe.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "presize.h"
#include "size.h"

/* CXL 3.1 8.1.11.1: DOE table access */
#define DOE_TABLE_ACCESS	2
#define DOE_READ_ENTRY(handle)	FIELD_PREP(GENMASK(31, 16), handle)
#define DOE_NEXT_ENTRY		GENMASK(31, 16)
#define DOE_LAST_ENTRY		0xffff

/* What no honest table exceeds; a hostile one must not keep us for ever */
#define CDAT_ENTRIES_MAX	1024
#define CDAT_ENTRY_KEPT		64

struct cdat_response {
	__le32 header;
	u8 entry[CDAT_ENTRY_KEPT];
} __packed;

/* Entry 0 is the header of the table, then each answer names the next */
static int read_cdat_entry(struct pci_doe_mb *doe, u16 *handle, u64 *capacity)
{
	__le32 request = cpu_to_le32(DOE_READ_ENTRY(*handle));
	struct cdat_response response;
	bool is_header = !*handle;
	int len;

	len = pci_doe(doe, PCI_VENDOR_ID_CXL, DOE_TABLE_ACCESS, &request,
		      sizeof(request), &response, sizeof(response));
	if (len < 0)
		return len;
	if (len < (int)sizeof(response.header))
		return -EPROTO;
	*handle = FIELD_GET(DOE_NEXT_ENTRY, le32_to_cpu(response.header));
	if (is_header)
		return 0;
	len = min_t(int, len, sizeof(response)) - (int)sizeof(response.header);
	return presize_cdat_add(response.entry, len, capacity);
}

static int capacity_from_cdat(struct presize_device *pd, u64 *capacity)
{
	struct pci_doe_mb *doe = pci_find_doe_mailbox(pd->pdev,
						      PCI_VENDOR_ID_CXL,
						      DOE_TABLE_ACCESS);
	u16 handle = 0;
	int rc;

	if (!doe)
		return -ENODEV;
	*capacity = 0;
	for (int i = 0; i < CDAT_ENTRIES_MAX; i++) {
		rc = read_cdat_entry(doe, &handle, capacity);
		if (rc)
			return rc;
		/* 0 would be the table's header again */
		if (handle == DOE_LAST_ENTRY || !handle)
			return 0;
	}
	return -EPROTO;
}

/* CXL 3.1 8.1.3.8: only a range whose Memory_Info_Valid is set says anything */
static u64 range_register_size(struct presize_device *pd, int range)
{
	u32 high, low;

	pci_read_config_dword(pd->pdev,
			      pd->dvsec + PCI_DVSEC_CXL_RANGE_SIZE_HIGH(range),
			      &high);
	pci_read_config_dword(pd->pdev,
			      pd->dvsec + PCI_DVSEC_CXL_RANGE_SIZE_LOW(range),
			      &low);
	if (low == ~0U || !(low & PCI_DVSEC_CXL_MEM_INFO_VALID))
		return 0;
	return presize_range_size(high, low);
}

static int capacity_from_range(struct presize_device *pd, u64 *capacity)
{
	u16 cap = 0;
	int ranges;

	pci_read_config_word(pd->pdev, pd->dvsec + PCI_DVSEC_CXL_CAP, &cap);
	ranges = min(FIELD_GET(PCI_DVSEC_CXL_HDM_COUNT, cap),
		     CXL_DVSEC_RANGE_MAX);
	*capacity = 0;
	for (int range = 0; range < ranges; range++)
		*capacity += range_register_size(pd, range);
	return 0;
}

static const struct capacity_source {
	const char *name;
	int (*read)(struct presize_device *pd, u64 *capacity);
} sources[] = {
	{ "cdat", capacity_from_cdat },
	{ "range", capacity_from_range },
};

static void ask_sources(struct presize_device *pd)
{
	u64 capacity;
	int rc;

	lockdep_assert_held(&pd->capacity_lock);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		rc = sources[i].read(pd, &capacity);
		pci_dbg(pd->pdev, "capacity from %s: %#llx (%d)\n",
			sources[i].name, rc ? 0 : capacity, rc);
		if (rc || !capacity)
			continue;
		pd->capacity = capacity;
		pd->capacity_source = sources[i].name;
		return;
	}
}

/**
 * presize_capacity - what a device says of the size of its memory
 * @pd: the device
 * @source: who said so, or "none"; may be NULL
 *
 * An answer is kept. A device that says nothing is asked again. A slow one
 * keeps only those waiting who want to know this.
 *
 * Context: may sleep.
 * Return: bytes, 0 where the device says nothing.
 */
u64 presize_capacity(struct presize_device *pd, const char **source)
{
	guard(mutex)(&pd->capacity_lock);
	if (!pd->capacity && pm_runtime_resume_and_get(&pd->pdev->dev) >= 0) {
		ask_sources(pd);
		pm_runtime_put(&pd->pdev->dev);
	}
	if (source)
		*source = pd->capacity ? pd->capacity_source : "none";
	return pd->capacity;
}
