// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HDM decoders of the accelerator (CXL 3.1 8.2.4.20)
 *
 * They are where QEMU has those of a memory device, which it looks at on the
 * way from a window to a device. Only here a commit may fail or take time, a
 * lock is one, and there may be one decoder, ten, or none.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie_port.h"
#include "system/hostmem.h"

#include "accel.h"

#define DECODER_STRIDE	0x20
#define DECODER_FIRST	(CXL_HDM_REGISTERS_OFFSET + 0x10)
#define BASE_LOW	0x00
#define BASE_HIGH	0x04
#define SIZE_LOW	0x08
#define SIZE_HIGH	0x0c
#define CTRL		0x10
#define  CTRL_LOCK	(1u << 8)
#define  CTRL_COMMIT	(1u << 9)
#define  CTRL_COMMITTED	(1u << 10)
#define  CTRL_ERROR	(1u << 11)
#define  CTRL_WRITABLE	0x13ff
#define SKIP_LOW	0x14
#define SKIP_HIGH	0x18
#define LOW_WRITABLE	0xf0000000u

/* The array of capabilities has three, and the decoders are the last */
#define CAPS_WITHOUT_DECODERS	2

static uint32_t *component_regs(CXLAccel *s)
{
	return s->parent_obj.cxl_cstate.crb.cache_mem_registers;
}

static uint32_t *decoder_reg(uint32_t *regs, int id, unsigned int reg)
{
	return &regs[(DECODER_FIRST + id * DECODER_STRIDE + reg) / 4];
}

static uint64_t decoder_pair(uint32_t *regs, int id, unsigned int low)
{
	return (*decoder_reg(regs, id, low) & LOW_WRITABLE) |
	       (uint64_t)*decoder_reg(regs, id, low + 4) << 32;
}

static void set_decoder_pair(uint32_t *regs, int id, unsigned int low,
			     uint64_t value)
{
	*decoder_reg(regs, id, low) = value;
	*decoder_reg(regs, id, low + 4) = value >> 32;
}

/* Memory is dealt out in the order of the decoders (CXL 3.1 8.2.4.20.11) */
static void read_decoder(CXLAccel *s, int id, struct accel_decoder *dec)
{
	uint32_t *regs = component_regs(s);

	dec->base = decoder_pair(regs, id, BASE_LOW);
	dec->size = decoder_pair(regs, id, SIZE_LOW);
	dec->ctrl = *decoder_reg(regs, id, CTRL);
	dec->dpa = decoder_pair(regs, id, SKIP_LOW);
	for (int i = 0; i < id; i++)
		dec->dpa += decoder_pair(regs, i, SKIP_LOW) +
			    decoder_pair(regs, i, SIZE_LOW);
}

/* The committed decoder that decodes an address, or -1 */
int accel_hdm_find(CXLAccel *s, hwaddr hpa, struct accel_decoder *dec)
{
	for (int id = 0; id < s->decoders; id++) {
		read_decoder(s, id, dec);
		if (dec->ctrl & CTRL_COMMITTED && hpa >= dec->base &&
		    hpa - dec->base < dec->size)
			return id;
	}
	return -1;
}

bool accel_hdm_enabled(CXLAccel *s)
{
	return FIELD_EX32(component_regs(s)[R_CXL_HDM_DECODER_GLOBAL_CONTROL],
			  CXL_HDM_DECODER_GLOBAL_CONTROL, HDM_DECODER_ENABLE);
}

static void finish_commit(void *opaque)
{
	CXLAccel *s = opaque;
	uint32_t *ctrl = decoder_reg(component_regs(s), s->committing, CTRL);
	struct accel_decoder dec;

	read_decoder(s, s->committing, &dec);
	if (s->commit_error || !dec.size ||
	    dec.dpa + dec.size > memory_region_size(accel_memory(s)))
		*ctrl |= CTRL_ERROR;
	else
		*ctrl |= CTRL_COMMITTED;
}

/* The core of the kernel, and everybody else, commits one at a time */
static void start_commit(CXLAccel *s, int id)
{
	s->committing = id;
	if (!s->commit_ms)
		finish_commit(s);
	else if (s->commit_ms != ACCEL_COMMIT_NEVER)
		timer_mod(s->commit_timer,
			  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + s->commit_ms);
}

static void write_ctrl(CXLAccel *s, int id, uint32_t value)
{
	uint32_t *ctrl = decoder_reg(component_regs(s), id, CTRL);
	bool was = *ctrl & CTRL_COMMIT;

	*ctrl = value;
	if (was && value & CTRL_COMMIT)
		return;
	*ctrl &= ~(CTRL_COMMITTED | CTRL_ERROR);
	if (s->committing == id)
		timer_del(s->commit_timer);
	if (value & CTRL_COMMIT)
		start_commit(s, id);
}

static bool is_locked(uint32_t ctrl)
{
	return ctrl & CTRL_COMMITTED && ctrl & CTRL_LOCK;
}

/*
 * The value has what is writable in place already. Status registers of RAS
 * are written to be cleared, and here always are.
 */
static void component_write(void *opaque, hwaddr offset, uint64_t value,
			    unsigned int size)
{
	CXLComponentState *cstate = opaque;
	CXLAccel *s = container_of(cstate, CXLAccel, parent_obj.cxl_cstate);
	uint32_t *regs = component_regs(s);
	int id = ((int)offset - DECODER_FIRST) / DECODER_STRIDE;

	if (offset == A_CXL_RAS_UNC_ERR_STATUS ||
	    offset == A_CXL_RAS_COR_ERR_STATUS)
		return;
	if (offset >= CXL_HDM_REGISTERS_OFFSET)
		accel_window_unmap(s);
	if (offset < DECODER_FIRST || id >= s->decoders) {
		regs[offset / 4] = value;
		return;
	}
	if (is_locked(*decoder_reg(regs, id, CTRL)))
		return;
	if ((offset - DECODER_FIRST) % DECODER_STRIDE == CTRL)
		write_ctrl(s, id, value);
	else
		regs[offset / 4] = value;
}

static void set_write_masks(CXLAccel *s, uint32_t *mask)
{
	for (int id = 0; id < ACCEL_DECODERS_MAX; id++) {
		uint32_t there = id < s->decoders ? ~0u : 0;

		*decoder_reg(mask, id, BASE_LOW) = LOW_WRITABLE & there;
		*decoder_reg(mask, id, BASE_HIGH) = there;
		*decoder_reg(mask, id, SIZE_LOW) = LOW_WRITABLE & there;
		*decoder_reg(mask, id, SIZE_HIGH) = there;
		*decoder_reg(mask, id, CTRL) = CTRL_WRITABLE & there;
		*decoder_reg(mask, id, SKIP_LOW) = LOW_WRITABLE & there;
		*decoder_reg(mask, id, SKIP_HIGH) = there;
	}
}

static void set_capability(CXLAccel *s, uint32_t *regs)
{
	uint32_t *cap = &regs[R_CXL_HDM_DECODER_CAPABILITY];

	*cap = FIELD_DP32(*cap, CXL_HDM_DECODER_CAPABILITY, DECODER_COUNT,
			  cxl_decoder_count_enc(s->decoders));
	*cap = FIELD_DP32(*cap, CXL_HDM_DECODER_CAPABILITY,
			  SUPPORTED_COHERENCY_MODEL, s->coherence);
	if (s->decoders)
		return;
	regs[R_CXL_HDM_CAPABILITY_HEADER] = 0;
	regs[0] = FIELD_DP32(regs[0], CXL_CAPABILITY_HEADER, ARRAY_SIZE,
			     CAPS_WITHOUT_DECODERS);
}

/* What a bus reset and a CXL reset do, and switching on */
void accel_hdm_reset(CXLAccel *s)
{
	ComponentRegisters *crb = &s->parent_obj.cxl_cstate.crb;

	accel_window_unmap(s);
	timer_del(s->commit_timer);
	cxl_component_register_init_common(crb->cache_mem_registers,
					   crb->cache_mem_regs_write_mask,
					   CXL2_TYPE3_DEVICE);
	set_write_masks(s, crb->cache_mem_regs_write_mask);
	set_capability(s, crb->cache_mem_registers);
}

static void commit_as_firmware(uint32_t *regs, hwaddr base, uint64_t size,
			       uint32_t target, uint32_t lock)
{
	regs[R_CXL_HDM_DECODER_GLOBAL_CONTROL] |=
		R_CXL_HDM_DECODER_GLOBAL_CONTROL_HDM_DECODER_ENABLE_MASK;
	set_decoder_pair(regs, 0, BASE_LOW, base);
	set_decoder_pair(regs, 0, SIZE_LOW, size);
	*decoder_reg(regs, 0, SKIP_LOW) = target;
	*decoder_reg(regs, 0, CTRL) = CTRL_COMMIT | CTRL_COMMITTED | lock;
}

/*
 * As a BIOS would before the kernel starts: the device, locked, and the host
 * bridge above it, to the start of the window. Not again after a reset.
 */
void accel_hdm_play_firmware(CXLAccel *s)
{
	PCIBus *bus = pci_get_bus(PCI_DEVICE(s));
	CXLFixedWindow *window = accel_window_of(s);
	PCIHostState *bridge;

	if (!s->firmware || s->firmware_played)
		return;
	s->firmware_played = true;
	if (!window) {
		qemu_log("cxl-accel: no window for firmware to commit\n");
		return;
	}
	commit_as_firmware(component_regs(s), window->base, s->firmware, 0,
			   CTRL_LOCK);
	bridge = PCI_HOST_BRIDGE(BUS(pci_device_root_bus(PCI_DEVICE(s)))->parent);
	if (!cxl_get_hb_passthrough(bridge))
		commit_as_firmware(cxl_get_hb_cstate(bridge)->crb.cache_mem_registers,
				   window->base, s->firmware,
				   PCIE_PORT(pci_bridge_get_device(bus))->port,
				   0);
}

void accel_hdm_init(CXLAccel *s)
{
	CXLComponentState *cstate = &s->parent_obj.cxl_cstate;

	s->commit_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, finish_commit, s);
	cstate->crb.special_ops = g_new0(MemoryRegionOps, 1);
	cstate->crb.special_ops->write = component_write;
	cxl_component_register_block_init(OBJECT(s), cstate, TYPE_CXL_ACCEL);
}

void accel_hdm_exit(CXLAccel *s)
{
	accel_window_unmap(s);
	timer_free(s->commit_timer);
	g_free(s->parent_obj.cxl_cstate.crb.special_ops);
}
