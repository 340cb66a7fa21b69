// SPDX-License-Identifier: GPL-2.0-only
/* cxl-presize: the size of CXL memory, chosen before a driver binds */
#include <linux/init.h>
#include <linux/module.h>

#include "cxl_core.h"
#include "deliver.h"
#include "presize.h"

static int __init presize_init(void)
{
	int rc = cxl_core_check_layout();

	if (!rc)
		rc = presize_region_init();
	if (rc)
		return rc;
	rc = presize_devices_init();
	if (rc)
		presize_region_exit();
	return rc;
}

static void __exit presize_exit(void)
{
	presize_devices_exit();
	presize_region_exit();
}

module_init(presize_init);
module_exit(presize_exit);

MODULE_DESCRIPTION("CXL: a region of a requested size for the driver of a PCI device");
MODULE_AUTHOR("cxl-presize developers");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_IMPORT_NS("DEVMEM");
MODULE_SOFTDEP("pre: cxl_acpi cxl_port");
