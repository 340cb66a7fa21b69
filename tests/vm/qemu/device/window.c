// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an access to a fixed memory window meets
 *
 * Every window gets a guard over it, which sees what reaches no memory that is
 * mapped. It asks the window, which goes the whole way through the decoders of
 * host bridge and switch to a device. Where that is an accelerator, its memory
 * is mapped over the guard, and later accesses do not come by here. A write to
 * any decoder register of the accelerator, a reset, and switching its memory
 * off take the mapping away again. An access that reaches nothing is a fault:
 * on hardware perhaps the end of the host, here it is counted and logged.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "hw/cxl/cxl_host.h"
#include "hw/pci/pci_bridge.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "exec/memop.h"
#include "system/hostmem.h"

#include "accel.h"

/* The window is at 0 */
#define GUARD_PRIORITY	1
#define MEMORY_PRIORITY	2

/* More are counted, and not told */
#define FAULTS_TOLD	20

#define CTRL_IW		0xf0u

struct guard {
	MemoryRegion mr;
	MemoryRegion *window;

	QLIST_ENTRY(guard) node;
};

static QLIST_HEAD(, guard) guards = QLIST_HEAD_INITIALIZER(guards);
static QLIST_HEAD(, CXLAccel) accels = QLIST_HEAD_INITIALIZER(accels);
static uint64_t fault_reads, fault_writes, fault_last;

static void note_fault(hwaddr hpa, unsigned int size, bool is_write)
{
	if (is_write)
		fault_writes++;
	else
		fault_reads++;
	fault_last = hpa;
	if (fault_reads + fault_writes <= FAULTS_TOLD)
		error_report("cxl-accel: %s of %u bytes at 0x%" HWADDR_PRIx
			     " reaches no memory", is_write ? "write" : "read",
			     size, hpa);
}

void accel_window_faults(uint64_t *reads, uint64_t *writes, uint64_t *last)
{
	*reads = fault_reads;
	*writes = fault_writes;
	*last = fault_last;
}

/* An interleaved decoder has a part of each page only, and stays trapped */
static void map_memory(CXLAccel *s, int id, const struct accel_decoder *dec)
{
	if (s->mapped[id] || dec->ctrl & CTRL_IW)
		return;
	memory_region_init_alias(&s->alias[id], OBJECT(s), "cxl-accel-memory",
				 accel_memory(s), dec->dpa, dec->size);
	memory_region_add_subregion_overlap(get_system_memory(), dec->base,
					    &s->alias[id], MEMORY_PRIORITY);
	s->mapped[id] = true;
}

void accel_window_unmap(CXLAccel *s)
{
	for (int id = 0; id < ACCEL_DECODERS_MAX; id++) {
		if (!s->mapped[id])
			continue;
		memory_region_del_subregion(get_system_memory(),
					    &s->alias[id]);
		object_unparent(OBJECT(&s->alias[id]));
		s->mapped[id] = false;
	}
}

uint64_t accel_window_mapped(CXLAccel *s)
{
	uint64_t bytes = 0;

	for (int id = 0; id < ACCEL_DECODERS_MAX; id++)
		if (s->mapped[id])
			bytes += memory_region_size(&s->alias[id]);
	return bytes;
}

static bool answers(CXLAccel *s)
{
	return accel_dvsec_answers(s) && accel_hdm_enabled(s);
}

/* False where an accelerator decodes the address, and does not answer */
static bool ask_accels(hwaddr hpa)
{
	struct accel_decoder dec;
	CXLAccel *s;
	int id;

	QLIST_FOREACH(s, &accels, node) {
		id = accel_hdm_find(s, hpa, &dec);
		if (id < 0)
			continue;
		if (!answers(s))
			return false;
		map_memory(s, id, &dec);
	}
	return true;
}

/* The window is asked with a read: a write that finds nobody, it swallows */
static bool reaches_memory(struct guard *guard, hwaddr addr)
{
	uint64_t unused;

	return memory_region_dispatch_read(guard->window, addr, &unused, MO_8,
					   MEMTXATTRS_UNSPECIFIED) == MEMTX_OK &&
	       ask_accels(guard->window->addr + addr);
}

static MemTxResult guard_read(void *opaque, hwaddr addr, uint64_t *data,
			      unsigned int size, MemTxAttrs attrs)
{
	struct guard *guard = opaque;

	if (reaches_memory(guard, addr))
		return memory_region_dispatch_read(guard->window, addr, data,
						   size_memop(size), attrs);
	note_fault(guard->window->addr + addr, size, false);
	*data = UINT64_MAX;
	return MEMTX_ERROR;
}

static MemTxResult guard_write(void *opaque, hwaddr addr, uint64_t data,
			       unsigned int size, MemTxAttrs attrs)
{
	struct guard *guard = opaque;

	if (reaches_memory(guard, addr))
		return memory_region_dispatch_write(guard->window, addr, data,
						    size_memop(size), attrs);
	note_fault(guard->window->addr + addr, size, true);
	return MEMTX_ERROR;
}

static const MemoryRegionOps guard_ops = {
	.read_with_attrs = guard_read,
	.write_with_attrs = guard_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .max_access_size = 8, .unaligned = true },
	.impl = { .max_access_size = 8, .unaligned = true },
};

static bool has_guard(MemoryRegion *window)
{
	struct guard *guard;

	QLIST_FOREACH(guard, &guards, node)
		if (guard->window == window)
			return true;
	return false;
}

static void add_guard(MemoryRegion *window)
{
	struct guard *guard = g_new0(struct guard, 1);

	guard->window = window;
	memory_region_init_io(&guard->mr, NULL, &guard_ops, guard,
			      "cxl-accel-guard", memory_region_size(window));
	memory_region_add_subregion_overlap(get_system_memory(), window->addr,
					    &guard->mr, GUARD_PRIORITY);
	QLIST_INSERT_HEAD(&guards, guard, node);
}

/* The first fixed memory window that comes after one, or after the start */
static MemoryRegion *next_window(MemoryRegion *mr)
{
	mr = mr ? QTAILQ_NEXT(mr, subregions_link) :
		  QTAILQ_FIRST(&get_system_memory()->subregions);
	while (mr && mr->ops != &cfmws_ops)
		mr = QTAILQ_NEXT(mr, subregions_link);
	return mr;
}

static bool leads_to(CXLFixedWindow *window, PCIBus *root)
{
	for (int i = 0; i < window->num_targets; i++)
		if (PCI_HOST_BRIDGE(window->target_hbs[i]->cxl_host_bridge)->bus ==
		    root)
			return true;
	return false;
}

/* Only when the machine is complete does a window know its host bridges */
CXLFixedWindow *accel_window_of(CXLAccel *s)
{
	PCIBus *root = pci_device_root_bus(PCI_DEVICE(s));

	for (MemoryRegion *mr = next_window(NULL); mr; mr = next_window(mr))
		if (leads_to(mr->opaque, root))
			return mr->opaque;
	return NULL;
}

void accel_window_join(CXLAccel *s)
{
	QLIST_INSERT_HEAD(&accels, s, node);
	for (MemoryRegion *mr = next_window(NULL); mr; mr = next_window(mr))
		if (!has_guard(mr))
			add_guard(mr);
}

/* The guards stay: the next touch of what was the device's is a fault */
void accel_window_leave(CXLAccel *s)
{
	QLIST_REMOVE(s, node);
}
