// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxl-accel: a PCI device with CXL memory, that is no memory expander
 *
 * Coherent with a cache of its own, without a mailbox, with a function level
 * reset; and as its properties say, with the faults that real devices have.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "block/aio.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie_port.h"
#include "hw/qdev-properties.h"
#include "qemu/main-loop.h"
#include "system/hostmem.h"

#include "accel.h"

#define ACCEL_DEVICE_ID	0xcace
#define PM_OFFSET	0x50
#define MSI_OFFSET	0x60
#define EXP_OFFSET	0x80
#define DSN_OFFSET	0x100
#define DSN_LENGTH	0x0c
#define AER_OFFSET	0x200

/* PCI Power Management 1.2, 3.2.3: the version of the specification */
#define PM_VERSION	3

static bool is_function_reset(PCIDevice *pdev)
{
	return pci_get_word(pdev->config + pdev->exp.exp_cap + PCI_EXP_DEVCTL) &
	       PCI_EXP_DEVCTL_BCR_FLR;
}

static void reset_cxl(CXLAccel *s)
{
	accel_hdm_reset(s);
	accel_dvsec_reset(s);
}

/* Like a bus reset for all that is CXL, and for nothing else (CXL 3.1 9.7) */
void accel_cxl_reset(CXLAccel *s)
{
	s->resets[ACCEL_RESET_CXL]++;
	reset_cxl(s);
}

/* A function level reset leaves what is CXL alone (CXL 3.1 9.5) */
static void accel_reset_hold(Object *obj, ResetType type)
{
	CXLAccel *s = CXL_ACCEL(obj);

	accel_engine_reset(s);
	msi_reset(PCI_DEVICE(s));
	if (is_function_reset(PCI_DEVICE(s))) {
		s->resets[ACCEL_RESET_FUNCTION]++;
		return;
	}
	s->resets[ACCEL_RESET_BUS]++;
	reset_cxl(s);
}

/* After all others were reset: host bridges, too */
static void accel_reset_exit(Object *obj, ResetType type)
{
	accel_hdm_play_firmware(CXL_ACCEL(obj));
}

static uint32_t accel_config_read(PCIDevice *pdev, uint32_t addr, int len)
{
	CXLAccel *s = CXL_ACCEL(pdev);
	uint32_t value;

	if (s->doe &&
	    pcie_doe_read_config(&s->parent_obj.doe_cdat, addr, len, &value))
		return value;
	accel_dvsec_refresh(s);
	return pci_default_read_config(pdev, addr, len);
}

static void accel_config_write(PCIDevice *pdev, uint32_t addr, uint32_t value,
			       int len)
{
	CXLAccel *s = CXL_ACCEL(pdev);

	if (s->doe)
		pcie_doe_write_config(&s->parent_obj.doe_cdat, addr, value,
				      len);
	pci_default_write_config(pdev, addr, value, len);
	pcie_aer_write_config(pdev, addr, value, len);
	accel_dvsec_written(s, addr, len);
	if (s->flr)
		pcie_cap_flr_write_config(pdev, addr, value, len);
}

static bool claim_memory(CXLAccel *s, Error **errp)
{
	CXLType3Dev *parent = &s->parent_obj;

	if (!parent->hostvmem) {
		error_setg(errp, "volatile-memdev must be set");
		return false;
	}
	if (host_memory_backend_is_mapped(parent->hostvmem)) {
		error_setg(errp, "the memory backend is in use");
		return false;
	}
	host_memory_backend_set_mapped(parent->hostvmem, true);
	memory_region_set_enabled(accel_memory(s), true);
	address_space_init(&parent->hostvmem_as, accel_memory(s),
			   "cxl-accel-dpa");
	return true;
}

static bool check_properties(CXLAccel *s, Error **errp)
{
	if (s->decoders > ACCEL_DECODERS_MAX ||
	    cxl_decoder_count_dec(cxl_decoder_count_enc(s->decoders)) !=
		    MAX(s->decoders, 1)) {
		error_setg(errp, "decoders must be 0, 1, 2, 4, 6, 8 or 10");
		return false;
	}
	if (s->ranges > 3 || s->coherence > 3 || s->active_timeout > 4) {
		error_setg(errp, "ranges and coherence end at 3, active-timeout at 4");
		return false;
	}
	if (s->block_offset % CXL2_COMPONENT_BLOCK_SIZE ||
	    s->bar_size < s->block_offset + 8 * KiB ||
	    !is_power_of_2(s->bar_size)) {
		error_setg(errp,
			   "block-offset is a multiple of 64 KiB, bar-size a power of 2, 8 KiB more at least");
		return false;
	}
	return true;
}

static void add_bar(CXLAccel *s)
{
	ComponentRegisters *crb = &s->parent_obj.cxl_cstate.crb;

	memory_region_init(&s->bar, OBJECT(s), "cxl-accel-bar", s->bar_size);
	memory_region_add_subregion(&s->bar, s->block_offset,
				    &crb->component_registers);
	pci_register_bar(PCI_DEVICE(s), CXL_COMPONENT_REG_BAR_IDX,
			 PCI_BASE_ADDRESS_SPACE_MEMORY |
			 PCI_BASE_ADDRESS_MEM_TYPE_64, &s->bar);
}

/* D0 and D3hot, with nothing lost in between: No_Soft_Reset */
static void add_power_states(PCIDevice *pdev)
{
	uint8_t *cap = pdev->config + PM_OFFSET;

	pci_pm_init(pdev, PM_OFFSET, &error_abort);
	pci_set_word(cap + PCI_PM_PMC, PM_VERSION);
	pci_set_word(cap + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
	pci_set_word(pdev->wmask + PM_OFFSET + PCI_PM_CTRL,
		     PCI_PM_CTRL_STATE_MASK);
}

static void add_pcie(CXLAccel *s)
{
	PCIDevice *pdev = PCI_DEVICE(s);
	CXLComponentState *cstate = &s->parent_obj.cxl_cstate;

	pcie_endpoint_cap_init(pdev, EXP_OFFSET);
	pcie_cap_fill_link_ep_usp(pdev, QEMU_PCI_EXP_LNK_X16,
				  QEMU_PCI_EXP_LNK_32GT);
	pcie_cap_deverr_init(pdev);
	if (s->flr)
		pcie_cap_flr_init(pdev);
	pcie_dev_ser_num_init(pdev, DSN_OFFSET, s->parent_obj.sn);
	add_power_states(pdev);
	cstate->dvsec_offset = DSN_OFFSET + DSN_LENGTH;
	cstate->pdev = pdev;
}

static void put_device(struct rcu_head *rcu)
{
	object_unref(OBJECT(container_of(rcu, CXLAccel, rcu)));
}

/*
 * The address space of the memory is in the device, and goes a grace period
 * later; so the device stays until then.
 */
static void release_memory(CXLAccel *s)
{
	address_space_destroy(&s->parent_obj.hostvmem_as);
	host_memory_backend_set_mapped(s->parent_obj.hostvmem, false);
	object_ref(OBJECT(s));
	call_rcu1(&s->rcu, put_device);
}

static void accel_exit(PCIDevice *pdev)
{
	CXLAccel *s = CXL_ACCEL(pdev);

	accel_window_leave(s);
	pcie_aer_exit(pdev);
	accel_cdat_exit(s);
	msi_uninit(pdev);
	accel_engine_exit(s);
	accel_hdm_exit(s);
	release_memory(s);
}

static void accel_realize(PCIDevice *pdev, Error **errp)
{
	CXLAccel *s = CXL_ACCEL(pdev);

	if (!check_properties(s, errp) || !claim_memory(s, errp))
		return;
	pci_set_word(pdev->config + PCI_CLASS_DEVICE, s->class_code);
	add_pcie(s);
	accel_hdm_init(s);
	accel_dvsec_init(s);
	add_bar(s);
	accel_engine_init(s);
	accel_window_join(s);
	msi_init(pdev, MSI_OFFSET, 1, true, false, &error_abort);
	pcie_aer_init(pdev, PCI_ERR_VER, AER_OFFSET, PCI_ERR_SIZEOF,
		      &error_abort);
	accel_cdat_init(s, &error_abort);
}

/*
 * Gone without a word, as when somebody pulls it out: the port above is made
 * to act as if its slot were off, with the interrupt for that. Not from within
 * an access to the device itself.
 */
static void pull_out(void *opaque)
{
	PCIDevice *port = opaque;
	uint32_t sltctl = port->exp.exp_cap + PCI_EXP_SLTCTL;
	uint16_t was = pci_get_word(port->config + sltctl);

	port->config_write(port, sltctl,
			   was | PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_PIC, 2);
	port->config_write(port, sltctl, was, 2);
}

static void accel_set_pulled(Object *obj, bool pulled, Error **errp)
{
	if (!pulled)
		error_setg(errp, "what was pulled out is gone");
	else
		aio_bh_schedule_oneshot(qemu_get_aio_context(), pull_out,
					pci_bridge_get_device(pci_get_bus(PCI_DEVICE(obj))));
}

static const Property accel_properties[] = {
	DEFINE_PROP_UINT32("class", CXLAccel, class_code, 0x1200),
	DEFINE_PROP_UINT8("decoders", CXLAccel, decoders, 1),
	DEFINE_PROP_UINT8("ranges", CXLAccel, ranges, 1),
	DEFINE_PROP_UINT8("coherence", CXLAccel, coherence, 0),
	DEFINE_PROP_BOOL("cache", CXLAccel, cache, true),
	DEFINE_PROP_BOOL("cxl-reset", CXLAccel, cxl_reset, true),
	DEFINE_PROP_BOOL("flr", CXLAccel, flr, true),
	DEFINE_PROP_BOOL("doe", CXLAccel, doe, true),
	DEFINE_PROP_SIZE("cdat-size", CXLAccel, cdat_size, ACCEL_TRUE_SIZE),
	DEFINE_PROP_SIZE("range-size", CXLAccel, range_size, ACCEL_TRUE_SIZE),
	DEFINE_PROP_SIZE("bar-size", CXLAccel, bar_size,
			 CXL2_COMPONENT_BLOCK_SIZE),
	DEFINE_PROP_SIZE("block-offset", CXLAccel, block_offset, 0),
	DEFINE_PROP_SIZE("firmware", CXLAccel, firmware, 0),
	DEFINE_PROP_BOOL("commit-error", CXLAccel, commit_error, false),
	DEFINE_PROP_INT32("commit-ms", CXLAccel, commit_ms, 0),
	DEFINE_PROP_UINT32("active-ms", CXLAccel, active_ms, 0),
	DEFINE_PROP_UINT8("active-timeout", CXLAccel, active_timeout, 0),
};

static void accel_class_init(ObjectClass *oc, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(oc);
	PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);
	ResettableClass *rc = RESETTABLE_CLASS(oc);

	pc->realize = accel_realize;
	pc->exit = accel_exit;
	pc->config_read = accel_config_read;
	pc->config_write = accel_config_write;
	pc->vendor_id = PCI_VENDOR_ID_QEMU;
	pc->device_id = ACCEL_DEVICE_ID;
	dc->desc = "CXL accelerator";
	rc->phases.enter = NULL;
	rc->phases.hold = accel_reset_hold;
	rc->phases.exit = accel_reset_exit;
	device_class_set_props(dc, accel_properties);
	object_class_property_add_bool(oc, "pulled", NULL, accel_set_pulled);
}

static const TypeInfo accel_info = {
	.name = TYPE_CXL_ACCEL,
	.parent = TYPE_CXL_TYPE3,
	.instance_size = sizeof(CXLAccel),
	.class_init = accel_class_init,
};

static void accel_register(void)
{
	type_register_static(&accel_info);
}

type_init(accel_register)
