// SPDX-License-Identifier: GPL-2.0-only
/* list: every device with CXL memory, a line each; show: all of one */
#include "command.h"
#include "describe.h"
#include "selector.h"
#include "sysfs.h"

static int list_device(struct device *dev, void *data)
{
	unsigned int *nr = data;

	out_item(describe_device(dev));
	(*nr)++;
	return 0;
}

/* An empty list is a result; on a terminal the reason is worth a line */
static void explain_nothing(void)
{
	if (!sysfs_exists("/sys/module", "cxl_presize"))
		out_note("No device: module cxl-presize is not loaded (modprobe cxl-presize).");
	else
		out_note("No PCI function 0 has a CXL Device DVSEC with Mem_Capable set.");
}

int verb_list(struct command *cmd, struct error *err)
{
	unsigned int nr = 0;

	out_begin(&describe_table);
	if (devices_each(&cmd->host, list_device, &nr)) {
		error_what(err, "the devices cannot be listed");
		error_why(err, "out of memory");
		return FAILED;
	}
	if (!nr && !out_is_json())
		explain_nothing();
	return DONE;
}

int verb_show(struct command *cmd, struct error *err)
{
	struct device dev;

	out_begin(&describe_record);
	if (selector_find(&cmd->host, cmd->argv[0], &dev, err))
		return FAILED;
	out_item(describe_device_in_full(&dev));
	device_close(&dev);
	return DONE;
}
