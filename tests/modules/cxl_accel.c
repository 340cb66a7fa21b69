// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: the driver that a guest has for the emulated accelerator
 *
 * What the driver of a real accelerator would do, and with nothing but what the
 * kernel offers to those: find the region that was committed for the device, map
 * it, and put the engine of the device (docs/emulator.md) to work on it. It knows
 * nothing of VFIO and of sizes.
 *
 * Of the PCI device's files, "region" has the start and the size of the region in
 * this machine's physical addresses, and a write to "copy" copies and compares:
 * half of the region to the other half, then to main memory and back.
 */
#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <cxl/cxl.h>
#include <cxl/pci.h>

#define ENGINE_BAR	2
#define ENGINE_COMMAND	0x08
#define  COMMAND_COPY	1
#define ENGINE_STATUS	0x10
#define  STATUS_DONE	2
#define  STATUS_ERROR	4
#define ENGINE_SOURCE	0x18
#define ENGINE_TARGET	0x20
#define ENGINE_LENGTH	0x28
#define ENGINE_FLAGS	0x30
#define  FLAGS_SOURCE_BUS	1
#define  FLAGS_TARGET_BUS	2

#define COPY_TIMEOUT_US	(60 * USEC_PER_SEC)
#define BUFFER_SIZE	SZ_1M

/* The state of the CXL core has to come first */
struct accel {
	struct cxl_dev_state cxlds;
	void __iomem *engine;
	struct range hpa;
	u64 *memory;
	struct mutex lock; /* one copy at a time */
};

/* An address, on the bus or in the device's own memory (DPA) */
struct place {
	u64 addr;
	bool on_bus;
};

static int engine_copy(struct accel *accel, struct place from, struct place to,
		       u64 length)
{
	void __iomem *engine = accel->engine;
	u32 status;
	int rc;

	lo_hi_writeq(from.addr, engine + ENGINE_SOURCE);
	lo_hi_writeq(to.addr, engine + ENGINE_TARGET);
	lo_hi_writeq(length, engine + ENGINE_LENGTH);
	writel((from.on_bus ? FLAGS_SOURCE_BUS : 0) |
	       (to.on_bus ? FLAGS_TARGET_BUS : 0), engine + ENGINE_FLAGS);
	writel(COMMAND_COPY, engine + ENGINE_COMMAND);
	rc = readl_poll_timeout(engine + ENGINE_STATUS, status,
				status & STATUS_DONE, USEC_PER_MSEC,
				COPY_TIMEOUT_US);
	if (!rc && status & STATUS_ERROR)
		rc = -EIO;
	return rc;
}

static u64 pattern(u64 seed, u64 i)
{
	return (seed + i) * 0x9e3779b97f4a7c15ull;
}

static void fill(u64 *memory, u64 length, u64 seed)
{
	for (u64 i = 0; i < length / sizeof(*memory); i++)
		memory[i] = pattern(seed, i);
}

static int compare(struct device *dev, const u64 *memory, u64 length, u64 seed)
{
	for (u64 i = 0; i < length / sizeof(*memory); i++) {
		if (memory[i] == pattern(seed, i))
			continue;
		dev_err(dev, "%#llx instead of %#llx, %#llx bytes behind the start\n",
			memory[i], pattern(seed, i), i * sizeof(*memory));
		return -EIO;
	}
	return 0;
}

static int copy_within(struct accel *accel)
{
	u64 half = range_len(&accel->hpa) / 2;
	int rc;

	fill(accel->memory, half, 1);
	fill(accel->memory + half / sizeof(u64), half, 2);
	rc = engine_copy(accel, (struct place){ 0 }, (struct place){ half },
			 half);
	if (rc)
		return rc;
	return compare(accel->cxlds.dev, accel->memory + half / sizeof(u64),
		       half, 1);
}

static int copy_out_and_in(struct accel *accel, u64 *buffer, dma_addr_t addr)
{
	struct place start = {}, out = { addr, true };
	int rc;

	rc = engine_copy(accel, start, out, BUFFER_SIZE);
	if (!rc)
		rc = compare(accel->cxlds.dev, buffer, BUFFER_SIZE, 1);
	if (rc)
		return rc;
	fill(buffer, BUFFER_SIZE, 3);
	rc = engine_copy(accel, out, start, BUFFER_SIZE);
	return rc ?: compare(accel->cxlds.dev, accel->memory, BUFFER_SIZE, 3);
}

static int copy_bus(struct accel *accel)
{
	struct device *dev = accel->cxlds.dev;
	dma_addr_t addr;
	u64 *buffer;
	int rc;

	buffer = dma_alloc_coherent(dev, BUFFER_SIZE, &addr, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	rc = copy_out_and_in(accel, buffer, addr);
	dma_free_coherent(dev, BUFFER_SIZE, buffer, addr);
	return rc;
}

static ssize_t region_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct accel *accel = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%#llx %#llx\n", accel->hpa.start,
			  range_len(&accel->hpa));
}
static DEVICE_ATTR_RO(region);

static ssize_t copy_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct accel *accel = dev_get_drvdata(dev);
	int rc;

	guard(mutex)(&accel->lock);

	rc = copy_within(accel);
	if (!rc)
		rc = copy_bus(accel);
	return rc ?: len;
}
static DEVICE_ATTR_WO(copy);

static struct attribute *accel_attrs[] = {
	&dev_attr_region.attr,
	&dev_attr_copy.attr,
	NULL
};
ATTRIBUTE_GROUPS(accel);

/* The device has no mailbox; DVSEC Range 1 tells its size (CXL 3.1 8.1.3.8) */
static u64 capacity(struct pci_dev *pdev, u16 dvsec)
{
	u32 high, low;

	pci_read_config_dword(pdev, dvsec + PCI_DVSEC_CXL_RANGE_SIZE_HIGH(0),
			      &high);
	pci_read_config_dword(pdev, dvsec + PCI_DVSEC_CXL_RANGE_SIZE_LOW(0),
			      &low);
	if (!(low & PCI_DVSEC_CXL_MEM_ACTIVE))
		return 0;
	return (u64)high << 32 | (low & PCI_DVSEC_CXL_MEM_SIZE_LOW);
}

static int find_region(struct accel *accel, struct pci_dev *pdev, u16 dvsec)
{
	struct cxl_dev_state *cxlds = &accel->cxlds;
	struct cxl_memdev *cxlmd;
	int rc;

	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT,
				&cxlds->reg_map);
	if (rc)
		return rc;
	cxlds->media_ready = true;
	rc = cxl_set_capacity(cxlds, capacity(pdev, dvsec));
	if (rc)
		return rc;
	cxlmd = devm_cxl_probe_mem(cxlds, &accel->hpa);
	return PTR_ERR_OR_ZERO(cxlmd);
}

static int map_all(struct accel *accel, struct pci_dev *pdev)
{
	accel->engine = pcim_iomap_region(pdev, ENGINE_BAR, KBUILD_MODNAME);
	if (IS_ERR(accel->engine))
		return PTR_ERR(accel->engine);
	accel->memory = devm_memremap(&pdev->dev, accel->hpa.start,
				      range_len(&accel->hpa), MEMREMAP_WB);
	return PTR_ERR_OR_ZERO(accel->memory);
}

static int accel_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	u16 dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
					      PCI_DVSEC_CXL_DEVICE);
	struct accel *accel;
	int rc;

	if (!dvsec)
		return -ENODEV;
	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;
	pci_set_master(pdev);
	rc = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (rc)
		return rc;
	accel = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM,
					  pci_get_dsn(pdev), dvsec,
					  struct accel, cxlds, false);
	if (!accel)
		return -ENOMEM;
	mutex_init(&accel->lock);
	rc = find_region(accel, pdev, dvsec);
	if (rc)
		return dev_err_probe(&pdev->dev, rc, "no CXL region\n");
	pci_set_drvdata(pdev, accel);
	return map_all(accel, pdev);
}

/* Not in a table for udev: the emulated host has another use for the device */
static const struct pci_device_id accel_ids[] = {
	{ PCI_DEVICE(0x1234, 0xcace) },
	{ }
};

static struct pci_driver accel_driver = {
	.name = KBUILD_MODNAME,
	.id_table = accel_ids,
	.probe = accel_probe,
	.dev_groups = accel_groups,
};
module_pci_driver(accel_driver);

MODULE_DESCRIPTION("For tests: a driver of the emulated CXL accelerator");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
