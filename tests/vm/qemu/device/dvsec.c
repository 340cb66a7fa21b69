// SPDX-License-Identifier: GPL-2.0-only
/* The CXL DVSECs of the accelerator (CXL 3.1 8.1) */
#include "qemu/osdep.h"
#include "qemu/range.h"
#include "system/hostmem.h"

#include "accel.h"

#define CAP_CACHE	(1u << 0)
#define CAP_IO		(1u << 1)
#define CAP_MEM		(1u << 2)
#define CAP_HW_INIT	(1u << 3)
#define CAP_RANGES(n)	((n) << 4)
#define CAP_RESET	(1u << 7)
#define CAP_MEM_CLEAR	(1u << 11)
#define CTRL_IO		(1u << 1)
#define CTRL_MEM	(1u << 2)
#define CTRL2_WRITE_BACK	(1u << 1)
#define CTRL2_RESET	(1u << 2)
#define CTRL2_CLEAR	(1u << 3)
#define STATUS2_CLEAN	(1u << 0)
#define STATUS2_RESET	(1u << 1)
#define RANGE_VALID	(1u << 0)
#define RANGE_ACTIVE	(1u << 1)
#define RANGE_MEMORY	(2u << 5 | 2u << 2)
#define RANGE_TIMEOUT(n)	((n) << 13)
#define RANGE_LOW	0xf0000000u

#define FLEXBUS_CACHE	(1u << 0)
#define FLEXBUS_IO_MEM	0x26

/* One entry */
#define LOCATOR_LENGTH	0x14

static uint8_t *device_dvsec(CXLAccel *s)
{
	Range *range = &s->parent_obj.cxl_cstate.dvsecs[PCIE_CXL_DEVICE_DVSEC];

	return PCI_DEVICE(s)->config + range_lob(range);
}

static bool is_active(CXLAccel *s)
{
	return qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) >= s->active_at;
}

/* Is memory that a decoder decodes there? */
bool accel_dvsec_answers(CXLAccel *s)
{
	CXLDVSECDevice *dvsec = (void *)device_dvsec(s);

	return dvsec->ctrl & CTRL_MEM && is_active(s);
}

/* Time passes without anybody writing: called before every read */
void accel_dvsec_refresh(CXLAccel *s)
{
	CXLDVSECDevice *dvsec = (void *)device_dvsec(s);

	if (!(dvsec->range1_size_lo & RANGE_VALID))
		return;
	dvsec->range1_size_lo &= ~RANGE_ACTIVE;
	if (is_active(s))
		dvsec->range1_size_lo |= RANGE_ACTIVE;
}

void accel_dvsec_reset(CXLAccel *s)
{
	CXLDVSECDevice *dvsec = (void *)device_dvsec(s);

	dvsec->ctrl = CTRL_IO;
	dvsec->ctrl2 = 0;
	dvsec->status2 = 0;
	dvsec->lock = 0;
	s->active_at = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + s->active_ms;
}

static void clear_memory(CXLAccel *s)
{
	MemoryRegion *mr = accel_memory(s);

	memset(memory_region_get_ram_ptr(mr), 0, memory_region_size(mr));
	memory_region_set_dirty(mr, 0, memory_region_size(mr));
}

/* The doorbells read as 0 (CXL 3.1 8.1.3.4) */
static void ring_doorbells(CXLAccel *s)
{
	CXLDVSECDevice *dvsec = (void *)device_dvsec(s);
	uint16_t ctrl2 = dvsec->ctrl2;

	dvsec->ctrl2 &= ~(CTRL2_WRITE_BACK | CTRL2_RESET);
	if (ctrl2 & CTRL2_WRITE_BACK)
		dvsec->status2 |= STATUS2_CLEAN;
	if (!(ctrl2 & CTRL2_RESET) || !s->cxl_reset)
		return;
	accel_cxl_reset(s);
	if (ctrl2 & CTRL2_CLEAR)
		clear_memory(s);
	dvsec->status2 |= STATUS2_RESET;
}

/* Has what was written to configuration space to do with CXL? */
void accel_dvsec_written(CXLAccel *s, uint32_t addr, int len)
{
	uint32_t at = device_dvsec(s) - PCI_DEVICE(s)->config;

	if (ranges_overlap(addr, len, at + offsetof(CXLDVSECDevice, ctrl), 2) &&
	    !accel_dvsec_answers(s))
		accel_window_unmap(s);
	if (ranges_overlap(addr, len, at + offsetof(CXLDVSECDevice, ctrl2), 2))
		ring_doorbells(s);
}

static void add_device(CXLAccel *s)
{
	uint64_t size = s->range_size;
	CXLDVSECDevice dvsec = {
		.cap = CAP_IO | CAP_MEM | CAP_HW_INIT | CAP_RANGES(s->ranges),
	};

	if (s->cache)
		dvsec.cap |= CAP_CACHE;
	if (s->cxl_reset)
		dvsec.cap |= CAP_RESET | CAP_MEM_CLEAR;
	if (size == ACCEL_TRUE_SIZE)
		size = memory_region_size(accel_memory(s));
	if (size) {
		dvsec.range1_size_hi = size >> 32;
		dvsec.range1_size_lo = (size & RANGE_LOW) | RANGE_VALID |
				       RANGE_MEMORY |
				       RANGE_TIMEOUT(s->active_timeout);
	}
	cxl_component_create_dvsec(&s->parent_obj.cxl_cstate, CXL2_TYPE3_DEVICE,
				   PCIE_CXL_DEVICE_DVSEC_LENGTH,
				   PCIE_CXL_DEVICE_DVSEC,
				   PCIE_CXL31_DEVICE_DVSEC_REVID,
				   (uint8_t *)&dvsec);
}

/* Component registers, and none of a memory device: there is no mailbox */
static void add_locator(CXLAccel *s)
{
	CXLDVSECRegisterLocator dvsec = {
		.reg0_base_lo = s->block_offset | RBI_COMPONENT_REG |
				CXL_COMPONENT_REG_BAR_IDX,
		.reg0_base_hi = s->block_offset >> 32,
	};

	cxl_component_create_dvsec(&s->parent_obj.cxl_cstate, CXL2_TYPE3_DEVICE,
				   LOCATOR_LENGTH, REG_LOC_DVSEC,
				   REG_LOC_DVSEC_REVID, (uint8_t *)&dvsec);
}

static void add_flexbus(CXLAccel *s)
{
	uint16_t modes = FLEXBUS_IO_MEM | (s->cache ? FLEXBUS_CACHE : 0);
	CXLDVSECPortFlexBus dvsec = {
		.cap = modes,
		.ctrl = CTRL_IO,
		.status = modes,
	};

	cxl_component_create_dvsec(&s->parent_obj.cxl_cstate, CXL2_TYPE3_DEVICE,
				   PCIE_CXL3_FLEXBUS_PORT_DVSEC_LENGTH,
				   PCIE_FLEXBUS_PORT_DVSEC,
				   PCIE_CXL3_FLEXBUS_PORT_DVSEC_REVID,
				   (uint8_t *)&dvsec);
}

void accel_dvsec_init(CXLAccel *s)
{
	add_device(s);
	add_locator(s);
	add_flexbus(s);
	accel_dvsec_reset(s);
}
