// SPDX-License-Identifier: GPL-2.0-only
/* What the accelerator says of its memory over DOE (CXL 3.1 8.1.11, CDAT) */
#include "qemu/osdep.h"
#include "hw/pci/pcie_doe.h"
#include "system/hostmem.h"

#include "accel.h"

#define DOE_OFFSET	0x190

#define HANDLE		0

/* All its memory is volatile, in one piece */
static CDATSubHeader *memory_entry(CXLAccel *s)
{
	CDATDsmas *dsmas = g_new0(CDATDsmas, 1);

	dsmas->header.type = CDAT_TYPE_DSMAS;
	dsmas->header.length = sizeof(*dsmas);
	dsmas->DSMADhandle = HANDLE;
	dsmas->DPA_length = s->cdat_size;
	if (s->cdat_size == ACCEL_TRUE_SIZE)
		dsmas->DPA_length = memory_region_size(accel_memory(s));
	return &dsmas->header;
}

/* In units of 10 ns: a memory that is neither fast nor slow */
static CDATSubHeader *latency_entry(uint8_t what, uint16_t value)
{
	CDATDslbis *dslbis = g_new0(CDATDslbis, 1);

	dslbis->header.type = CDAT_TYPE_DSLBIS;
	dslbis->header.length = sizeof(*dslbis);
	dslbis->handle = HANDLE;
	dslbis->flags = HMAT_LB_MEM_MEMORY;
	dslbis->data_type = what;
	dslbis->entry_base_unit = 10000;
	dslbis->entry[0] = value;
	return &dslbis->header;
}

static int build_table(CDATSubHeader ***table, void *opaque)
{
	CDATSubHeader **entries = g_new0(CDATSubHeader *, 3);

	entries[0] = memory_entry(opaque);
	entries[1] = latency_entry(HMAT_LB_DATA_READ_LATENCY, 15);
	entries[2] = latency_entry(HMAT_LB_DATA_WRITE_LATENCY, 25);
	*table = entries;
	return 3;
}

static void free_table(CDATSubHeader **table, int count, void *opaque)
{
	for (int i = 0; i < count; i++)
		g_free(table[i]);
	g_free(table);
}

/* The header, and then each entry, tells the handle of the next */
static bool answer(DOECap *doe)
{
	CDATObject *cdat = &CXL_TYPE3(doe->pdev)->cxl_cstate.cdat;
	CDATReq *request = pcie_doe_get_write_mbox_ptr(doe);
	unsigned int at = request->entry_handle;
	CDATRsp rsp = {
		.header.vendor_id = CXL_VENDOR_ID,
		.header.data_obj_type = CXL_DOE_TABLE_ACCESS,
		.rsp_code = CXL_DOE_TAB_RSP,
		.table_type = CXL_DOE_TAB_TYPE_CDAT,
	};

	if (pcie_doe_get_obj_len(request) < DIV_ROUND_UP(sizeof(*request), 4) ||
	    at >= cdat->entry_len)
		return false;
	rsp.entry_handle = at + 1 < cdat->entry_len ? at + 1 :
						      CXL_DOE_TAB_ENT_MAX;
	rsp.header.length = DIV_ROUND_UP(sizeof(rsp) + cdat->entry[at].length,
					 4);
	memcpy(doe->read_mbox, &rsp, sizeof(rsp));
	memcpy((uint8_t *)doe->read_mbox + sizeof(rsp), cdat->entry[at].base,
	       cdat->entry[at].length);
	doe->read_mbox_len += rsp.header.length;
	return true;
}

static DOEProtocol protocols[] = {
	{ CXL_VENDOR_ID, CXL_DOE_TABLE_ACCESS, answer },
	{ }
};

bool accel_cdat_init(CXLAccel *s, Error **errp)
{
	CXLType3Dev *parent = &s->parent_obj;
	CDATObject *cdat = &parent->cxl_cstate.cdat;

	if (!s->doe)
		return true;
	pcie_doe_init(PCI_DEVICE(s), &parent->doe_cdat, DOE_OFFSET, protocols,
		      false, 0);
	cdat->build_cdat_table = build_table;
	cdat->free_cdat_table = free_table;
	cdat->private = s;
	return cxl_doe_cdat_init(&parent->cxl_cstate, errp);
}

/* pcie_doe_fini() would also free the DOECap, which is part of the device */
void accel_cdat_exit(CXLAccel *s)
{
	if (!s->doe)
		return;
	cxl_doe_cdat_release(&s->parent_obj.cxl_cstate);
	g_free(s->parent_obj.doe_cdat.read_mbox);
	g_free(s->parent_obj.doe_cdat.write_mbox);
}
