// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine: what the accelerator works with, in a BAR of its own
 *
 * It copies within the memory of the device, and between that and the bus. It
 * knows its own memory by DPA, decoded or not. The same BAR tells what the
 * emulator has seen. docs/emulator.md has the registers.
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_device.h"
#include "qemu/main-loop.h"
#include "system/hostmem.h"

#include "accel.h"

#define ENGINE_BAR	2
#define ENGINE_SIZE	0x1000

#define ENGINE_ID	0x00
#define ENGINE_COMMAND	0x08
#define  COMMAND_COPY	(1u << 0)
#define ENGINE_STATUS	0x10
#define  STATUS_BUSY	(1u << 0)
#define  STATUS_DONE	(1u << 1)
#define  STATUS_ERROR	(1u << 2)
#define ENGINE_SOURCE	0x18
#define ENGINE_TARGET	0x20
#define ENGINE_LENGTH	0x28
#define ENGINE_FLAGS	0x30
#define  FLAGS_SOURCE_BUS	(1u << 0)
#define  FLAGS_TARGET_BUS	(1u << 1)
#define  FLAGS_INTERRUPT	(1u << 2)
#define SEEN_FAULT_READS	0x40
#define SEEN_FAULT_WRITES	0x48
#define SEEN_FAULT_LAST		0x50
#define SEEN_MAPPED		0x58
#define SEEN_RESETS		0x60

/* "CXLACCEL" */
#define ENGINE_MAGIC	0x4c45434341584c43ull

#define ENGINE_CHUNK	(64 * 1024)

static bool access_memory(CXLAccel *s, uint64_t dpa, void *buf, size_t len,
			  bool is_write)
{
	return address_space_rw(&s->parent_obj.hostvmem_as, dpa,
				MEMTXATTRS_UNSPECIFIED, buf, len,
				is_write) == MEMTX_OK;
}

static bool access_bus(CXLAccel *s, uint64_t iova, void *buf, size_t len,
		       bool is_write)
{
	return pci_dma_rw(PCI_DEVICE(s), iova, buf, len,
			  is_write ? DMA_DIRECTION_FROM_DEVICE :
				     DMA_DIRECTION_TO_DEVICE,
			  MEMTXATTRS_UNSPECIFIED) == MEMTX_OK;
}

static bool access_end(CXLAccel *s, bool bus, uint64_t addr, void *buf,
		       size_t len, bool is_write)
{
	return bus ? access_bus(s, addr, buf, len, is_write) :
		     access_memory(s, addr, buf, len, is_write);
}

static bool copy(CXLAccel *s)
{
	static uint8_t buf[ENGINE_CHUNK];
	struct accel_engine *e = &s->engine;

	for (uint64_t done = 0; done < e->length; done += ENGINE_CHUNK) {
		size_t len = MIN(e->length - done, ENGINE_CHUNK);

		if (!access_end(s, e->flags & FLAGS_SOURCE_BUS,
				e->source + done, buf, len, false) ||
		    !access_end(s, e->flags & FLAGS_TARGET_BUS,
				e->target + done, buf, len, true))
			return false;
	}
	return true;
}

static void work(void *opaque)
{
	CXLAccel *s = opaque;
	struct accel_engine *e = &s->engine;

	if (!(e->status & STATUS_BUSY))
		return;
	e->status = copy(s) ? STATUS_DONE : STATUS_DONE | STATUS_ERROR;
	if (e->flags & FLAGS_INTERRUPT && msi_enabled(PCI_DEVICE(s)))
		msi_notify(PCI_DEVICE(s), 0);
}

static uint64_t seen(CXLAccel *s, hwaddr reg)
{
	uint64_t reads, writes, last;

	accel_window_faults(&reads, &writes, &last);
	switch (reg) {
	case SEEN_FAULT_READS:
		return reads;
	case SEEN_FAULT_WRITES:
		return writes;
	case SEEN_FAULT_LAST:
		return last;
	case SEEN_MAPPED:
		return accel_window_mapped(s);
	}
	reg = (reg - SEEN_RESETS) / 8;
	return reg < ACCEL_RESETS ? s->resets[reg] : 0;
}

static uint64_t read_register(CXLAccel *s, hwaddr reg)
{
	struct accel_engine *e = &s->engine;

	switch (reg) {
	case ENGINE_ID:
		return ENGINE_MAGIC;
	case ENGINE_STATUS:
		return e->status;
	case ENGINE_SOURCE:
		return e->source;
	case ENGINE_TARGET:
		return e->target;
	case ENGINE_LENGTH:
		return e->length;
	case ENGINE_FLAGS:
		return e->flags;
	}
	return reg >= SEEN_FAULT_READS ? seen(s, reg) : 0;
}

static void write_register(CXLAccel *s, hwaddr reg, uint64_t value)
{
	struct accel_engine *e = &s->engine;

	if (e->status & STATUS_BUSY)
		return;
	switch (reg) {
	case ENGINE_COMMAND:
		if (value & COMMAND_COPY) {
			e->status = STATUS_BUSY;
			qemu_bh_schedule(e->bh);
		}
		break;
	case ENGINE_SOURCE:
		e->source = value;
		break;
	case ENGINE_TARGET:
		e->target = value;
		break;
	case ENGINE_LENGTH:
		e->length = value;
		break;
	case ENGINE_FLAGS:
		e->flags = value;
		break;
	}
}

/* Registers have 64 bits, and halves that may be accessed alone */
static uint64_t engine_read(void *opaque, hwaddr addr, unsigned int size)
{
	uint64_t value = read_register(opaque, addr & ~7ull);

	return size == 8 ? value : extract64(value, addr & 4 ? 32 : 0, 32);
}

static void engine_write(void *opaque, hwaddr addr, uint64_t value,
			 unsigned int size)
{
	hwaddr reg = addr & ~7ull;

	if (size == 4 && reg != ENGINE_COMMAND)
		value = deposit64(read_register(opaque, reg),
				  addr & 4 ? 32 : 0, 32, value);
	write_register(opaque, reg, value);
}

static const MemoryRegionOps engine_ops = {
	.read = engine_read,
	.write = engine_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 8 },
	.impl = { .min_access_size = 4, .max_access_size = 8 },
};

void accel_engine_reset(CXLAccel *s)
{
	struct accel_engine *e = &s->engine;

	qemu_bh_cancel(e->bh);
	e->source = 0;
	e->target = 0;
	e->length = 0;
	e->flags = 0;
	e->status = 0;
}

void accel_engine_init(CXLAccel *s)
{
	struct accel_engine *e = &s->engine;

	e->bh = qemu_bh_new(work, s);
	memory_region_init_io(&e->mr, OBJECT(s), &engine_ops, s,
			      "cxl-accel-engine", ENGINE_SIZE);
	pci_register_bar(PCI_DEVICE(s), ENGINE_BAR,
			 PCI_BASE_ADDRESS_SPACE_MEMORY |
			 PCI_BASE_ADDRESS_MEM_TYPE_64, &e->mr);
}

void accel_engine_exit(CXLAccel *s)
{
	qemu_bh_delete(s->engine.bh);
}
