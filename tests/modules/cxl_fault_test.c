// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: what fails in its turn, on a kernel without fault injection
 *
 * In the folder cxl_fault_test of debugfs:
 *
 *   allocation  write N: the N-th allocation of the task that writes fails,
 *               from now on; 0 ends that. Read: how many are left, and 0 when
 *               it has failed.
 *   function    write NAME N ERROR: the N-th call of a function, whoever calls
 *               it, returns ERROR instead; an empty line ends that. Read: as
 *               above. NAME may have a module in front (MODULE:NAME).
 *
 * Both by kprobes at the start of functions. An allocation that may not fail
 * is not asked whether it may: the code under test has none. Where the stock
 * kernel does not survive a failure, or warns of it, it is spared, and the
 * next allocation fails instead.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/objtool.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static struct dentry *dir;
static DEFINE_MUTEX(lock);

/* Who runs out of memory, and after how many allocations */
static struct task_struct *victim;
static unsigned int allocations_left;

static struct kprobe function_probe;
static char function_name[KSYM_NAME_LEN];
static atomic_t calls_left;
static long function_error;
static bool function_armed;

asmlinkage void cxl_fault_test_return(void);

asm(".text\n"
	".type cxl_fault_test_return, @function\n"
	".globl cxl_fault_test_return\n"
	"cxl_fault_test_return:\n"
	ANNOTATE_NOENDBR "\n"
	ASM_RET
	".size cxl_fault_test_return, .-cxl_fault_test_return\n");

/* Back to the caller at once, with this result */
static int return_at_once(struct pt_regs *regs, long result)
{
	regs_set_return_value(regs, result);
	regs->ip = (unsigned long)cxl_fault_test_return;
	return 1;
}
NOKPROBE_SYMBOL(return_at_once);

/*
 * Functions of the stock kernel, told of in docs/kernel-findings: what they
 * allocate is spared, but for what they do through another, or only that.
 */
static const struct spared {
	const char *function;
	const char *but_through;
	const char *only_through;
} spared[] = {
	{ "vfio_create_group" },
	{ "pci_device_add" },
	{ "pci_setup_device" },
	{ "pci_doe_sysfs_init" },
	{ "pdev_sort_resources" },
	{ "ddebug_module_notify" },
	{ "btf_check_all_metas" },
	{ "devm_cxl_add_port", "device_add" },
	{ "cxl_endpoint_autoremove" },
	{ "fprobe_module_callback" },
	{ "jump_label_module_notify" },
	{ "bus_add_driver", NULL, "sysfs_create_file_ns" },
	{ "__iommu_release_dma_ownership" },
};

#define DEPTH 32

/* The compiler may have made a part of it, NAME.part.0 */
static bool is_in(unsigned long address, const char *function)
{
	char name[KSYM_SYMBOL_LEN];
	size_t len;

	if (!function)
		return false;
	len = strlen(function);
	sprint_symbol(name, address);
	return !strncmp(name, function, len) &&
	       (name[len] == '+' || name[len] == '.');
}
NOKPROBE_SYMBOL(is_in);

/* The innermost comes first */
static bool is_spared(const unsigned long *trace, unsigned int i)
{
	unsigned long callee = i ? trace[i - 1] : 0;

	for (size_t n = 0; n < ARRAY_SIZE(spared); n++) {
		const struct spared *s = &spared[n];

		if (is_in(trace[i], s->function) &&
		    !is_in(callee, s->but_through) &&
		    (!s->only_through || is_in(callee, s->only_through)))
			return true;
	}
	return false;
}
NOKPROBE_SYMBOL(is_spared);

/* Says where it fails, as one line of the log, unless it is spared */
static bool may_fail(void)
{
	unsigned long trace[DEPTH];
	unsigned int n = stack_trace_save(trace, ARRAY_SIZE(trace), 0);

	for (unsigned int i = 0; i < n; i++)
		if (is_spared(trace, i))
			return false;
	for (unsigned int i = 0; i < n; i++)
		pr_info("an allocation fails, %u: %ps\n", i, (void *)trace[i]);
	return true;
}
NOKPROBE_SYMBOL(may_fail);

static int on_allocation(struct kprobe *p, struct pt_regs *regs)
{
	if (READ_ONCE(victim) != current || !allocations_left)
		return 0;
	if (allocations_left > 1) {
		allocations_left--;
		return 0;
	}
	if (!may_fail())
		return 0;
	allocations_left = 0;
	return return_at_once(regs, 0);
}
NOKPROBE_SYMBOL(on_allocation);

static int on_call(struct kprobe *p, struct pt_regs *regs)
{
	if (atomic_dec_if_positive(&calls_left))
		return 0;
	return return_at_once(regs, function_error);
}
NOKPROBE_SYMBOL(on_call);

/* With one, a probe is neither made a jump nor kept from changing where to go */
static void after(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(after);

#define ALLOCATOR(name) {			\
	.symbol_name = name,			\
	.pre_handler = on_allocation,		\
	.post_handler = after,			\
}

static struct kprobe allocators[] = {
	ALLOCATOR("__kmalloc_noprof"),
	ALLOCATOR("__kmalloc_cache_noprof"),
	ALLOCATOR("__kmalloc_node_track_caller_noprof"),
	ALLOCATOR("kmem_cache_alloc_noprof"),
	ALLOCATOR("kmem_cache_alloc_lru_noprof"),
	ALLOCATOR("__kvmalloc_node_noprof"),
	ALLOCATOR("get_free_pages_noprof"),
};

static ssize_t allocation_write(struct file *file, const char __user *buf,
				size_t count, loff_t *ppos)
{
	unsigned int n;
	int rc = kstrtouint_from_user(buf, count, 0, &n);

	if (rc)
		return rc;
	WRITE_ONCE(victim, NULL);
	allocations_left = n;
	if (n)
		WRITE_ONCE(victim, current);
	return count;
}

static ssize_t show(char __user *buf, size_t count, loff_t *ppos,
		    unsigned int n)
{
	char text[16];

	return simple_read_from_buffer(buf, count, ppos, text,
				       scnprintf(text, sizeof(text), "%u\n", n));
}

static ssize_t allocation_read(struct file *file, char __user *buf,
			       size_t count, loff_t *ppos)
{
	return show(buf, count, ppos, allocations_left);
}

static const struct file_operations allocation_ops = {
	.owner = THIS_MODULE,
	.read = allocation_read,
	.write = allocation_write,
};

static void disarm(void)
{
	lockdep_assert_held(&lock);
	if (function_armed)
		unregister_kprobe(&function_probe);
	function_armed = false;
}

static int arm(const char *text)
{
	unsigned int n;
	int rc;

	lockdep_assert_held(&lock);
	if (sscanf(text, "%127s %u %ld", function_name, &n,
		   &function_error) != 3)
		return -EINVAL;
	atomic_set(&calls_left, n);
	function_probe = (struct kprobe) {
		.symbol_name = function_name,
		.pre_handler = on_call,
		.post_handler = after,
	};
	rc = register_kprobe(&function_probe);
	function_armed = !rc;
	return rc;
}

static ssize_t function_write(struct file *file, const char __user *buf,
			      size_t count, loff_t *ppos)
{
	char text[KSYM_NAME_LEN + 32];
	int rc;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = '\0';

	guard(mutex)(&lock);
	disarm();
	rc = *strim(text) ? arm(text) : 0;
	return rc ?: count;
}

static ssize_t function_read(struct file *file, char __user *buf, size_t count,
			     loff_t *ppos)
{
	return show(buf, count, ppos, max(atomic_read(&calls_left), 0));
}

static const struct file_operations function_ops = {
	.owner = THIS_MODULE,
	.read = function_read,
	.write = function_write,
};

static void unregister(size_t n)
{
	while (n--)
		unregister_kprobe(&allocators[n]);
}

static int __init fault_test_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(allocators); i++) {
		int rc = register_kprobe(&allocators[i]);

		if (rc) {
			pr_err("no probe at %s: %d\n",
			       allocators[i].symbol_name, rc);
			unregister(i);
			return rc;
		}
	}
	dir = debugfs_create_dir("cxl_fault_test", NULL);
	debugfs_create_file("allocation", 0600, dir, NULL, &allocation_ops);
	debugfs_create_file("function", 0600, dir, NULL, &function_ops);
	return 0;
}
module_init(fault_test_init);

static void __exit fault_test_exit(void)
{
	debugfs_remove(dir);
	scoped_guard(mutex, &lock)
		disarm();
	unregister(ARRAY_SIZE(allocators));
}
module_exit(fault_test_exit);

MODULE_DESCRIPTION("Allocations and functions that fail, for tests of cxl-presize");
MODULE_LICENSE("GPL");
