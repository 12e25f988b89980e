/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files: creation and lookup, after fs/namei.c, fs/dcache.c and fs/ext4. Objects are of the
 * sizes ext4 has; metadata are pages of the disk's page cache, inodes of 256 bytes in order of
 * creation, directory entries of 24 in blocks that are two thirds full. Left out: bitmaps, negative
 * dentries, deletion.
 */
#include "mm/dcache.h"

#include <assert.h>
#include <stdlib.h>

#include "mm/dcache_internal.h"
#include "mm/journal.h"
#include "mm/vm_internal.h"

#define INODE_BYTES	 256u
#define DIR_ENTRY_BYTES	 36u	      /* the blocks of a hash tree are two thirds full */
#define FIRST_INO	 12u	      /* those before are the file system's own */
#define DIR_PAGES_MAX	 64u	      /* room for directory blocks, a directory */
#define DIR_PAGES_BEGIN	 (1ull << 22) /* page of the device behind all inode tables */
#define ALLOC_GFP	 GFP_KERNEL
#define ALLOC_INODE_GFP	 GFP_NOFS

static const struct {
	u32 bytes;
	bool reclaimable, account;
} vfs_caches[NR_VFS_CACHES] = {
#define X(name, bytes, reclaimable, account) {bytes, reclaimable, account},
	VFS_CACHES(X)
#undef X
};

static bool create_caches(struct super_block *sb)
{
	for (u32 i = 0; i < NR_VFS_CACHES; i++) {
		sb->cache[i] = kmem_cache_create(sb->vm, vfs_caches[i].bytes, 8,
						 vfs_caches[i].reclaimable, vfs_caches[i].account);
		if (!sb->cache[i])
			return false;
	}
	return true;
}

/* Metadata on a disk are journalled. */
static bool create_journal(struct super_block *sb)
{
	if (!sb->vm->disk || !sb->vm->mm->cpus)
		return true;
	sb->journal = journal_create(sb->bdev);
	return sb->journal != NULL;
}

struct super_block *vm_super_block(struct vm *vm)
{
	struct super_block *sb;

	if (vm->sb)
		return vm->no_host_memory ? NULL : vm->sb;
	sb = calloc(1, sizeof(*sb));
	if (!sb) {
		vm->no_host_memory = true;
		return NULL;
	}
	vm->sb = sb;
	sb->vm = vm;
	sb->next_ino = FIRST_INO;
	sb->dentry_lru = sb->inode_lru = (struct vfs_lru){VFS_NONE, VFS_NONE, 0};
	sb->bdev = file_create(vm);
	if (sb->bdev && create_journal(sb) && create_caches(sb) && vfs_shrinkers_init(sb))
		return sb;
	vm->no_host_memory = true;
	return NULL;
}

void vm_super_block_destroy(struct vm *vm)
{
	if (!vm->sb)
		return;
	journal_destroy(vm->sb->journal);
	free(vm->sb->files);
	free(vm->sb->dirs);
	free(vm->sb);
	vm->sb = NULL;
}

/* Room for one more of an array. False: host memory. */
static bool grow(struct vm *vm, void **array, u32 n, u32 *cap, size_t size)
{
	u32 wanted = *cap ? *cap * 2 : 64;
	void *grown;

	if (n < *cap)
		return true;
	grown = wanted > *cap ? reallocarray(*array, wanted, size) : NULL;
	if (!grown) {
		vm->no_host_memory = true;
		return false;
	}
	*array = grown;
	*cap = wanted;
	return true;
}

static u64 inode_page(const struct super_block *sb, u32 ino)
{
	return (u64)ino * INODE_BYTES >> sb->vm->mm->page_shift;
}

/* Where entry n of a directory lies. */
static u64 dir_page(const struct super_block *sb, u32 dir, u32 n)
{
	u64 page = (u64)n * DIR_ENTRY_BYTES >> sb->vm->mm->page_shift;

	return DIR_PAGES_BEGIN + (u64)dir * DIR_PAGES_MAX + min_u64(page, DIR_PAGES_MAX - 1);
}

static bool alloc_inode(struct super_block *sb, struct task_struct *current, u32 *inode,
			u32 *security)
{
	*inode = kmem_cache_alloc(sb->cache[VFS_INODE], current, ALLOC_INODE_GFP);
	if (*inode == SLAB_NONE)
		return false;
	*security = kmem_cache_alloc(sb->cache[VFS_SECURITY], current, ALLOC_INODE_GFP);
	if (*security != SLAB_NONE)
		return true;
	(void)kmem_cache_free(sb->cache[VFS_INODE], current, *inode);
	*inode = SLAB_NONE;
	return false;
}

enum file_result vfs_mkdir(struct super_block *sb, struct task_struct *current, u32 *dir)
{
	struct vfs_dir new = {.ino = sb->next_ino++};

	new.dentry = kmem_cache_alloc(sb->cache[VFS_DENTRY], current, ALLOC_GFP);
	if (new.dentry == SLAB_NONE)
		return FILE_NO_MEMORY;
	if (!alloc_inode(sb, current, &new.inode, &new.security)) {
		(void)kmem_cache_free(sb->cache[VFS_DENTRY], current, new.dentry);
		return FILE_NO_MEMORY;
	}
	if (!grow(sb->vm, (void **)&sb->dirs, sb->nr_dirs, &sb->cap_dirs, sizeof(*sb->dirs)))
		return FILE_NO_MEMORY;
	*dir = sb->nr_dirs++;
	sb->dirs[*dir] = new;
	return filemap_write(sb->bdev, current, inode_page(sb, new.ino), 1);
}

/* The objects of a new file; what came before a failure is given back. */
static bool alloc_file(struct super_block *sb, struct task_struct *current, struct vfs_file *new)
{
	new->dentry = kmem_cache_alloc(sb->cache[VFS_DENTRY], current, ALLOC_GFP);
	if (new->dentry == SLAB_NONE)
		return false;
	if (alloc_inode(sb, current, &new->inode, &new->security))
		return true;
	(void)kmem_cache_free(sb->cache[VFS_DENTRY], current, new->dentry);
	return false;
}

/* A page of the file left the cache; none is left. */
static void file_emptied(struct file *file)
{
	vfs_inode_unused(file->vm->sb, file->host);
}

static enum file_result write_data(struct super_block *sb, struct task_struct *current, u32 number,
				   u64 bytes)
{
	u32 shift = sb->vm->mm->page_shift;
	struct file *file = file_create(sb->vm);
	enum file_result result;
	u32 jinode;

	if (!file)
		return FILE_NO_MEMORY;
	/* fs/ext4/file.c:ext4_file_open; others may make files meanwhile, and the array move. */
	jinode = kmem_cache_alloc(sb->cache[VFS_JINODE], current, ALLOC_GFP);
	sb->files[number].jinode = jinode;
	if (jinode == SLAB_NONE)
		return FILE_NO_MEMORY;
	file->host = number;
	file->emptied = file_emptied;
	sb->files[number].file = file;
	result = filemap_write(file, current, 0, (bytes + (1ull << shift) - 1) >> shift);
	/* Extents are optional: without memory for them the tree is asked again. */
	for (u32 i = 0; result == FILE_OK && i < VFS_EXTENTS; i++) {
		u32 extent = kmem_cache_alloc(sb->cache[VFS_EXTENT], current,
					      GFP_NOFS | __GFP_NOWARN);

		sb->files[number].extent[i] = extent;
		sb->stats.extents += extent != SLAB_NONE;
	}
	return result;
}

enum file_result vfs_create(struct super_block *sb, struct task_struct *current, u32 dir,
			    u64 bytes, u32 *number)
{
	struct vfs_file new = {.dir = dir, .ino = sb->next_ino};
	enum file_result result;

	assert(dir < sb->nr_dirs);
	if (!alloc_file(sb, current, &new) ||
	    !grow(sb->vm, (void **)&sb->files, sb->nr_files, &sb->cap_files, sizeof(*sb->files)))
		return FILE_NO_MEMORY;
	sb->next_ino++;
	*number = sb->nr_files++;
	new.entry = sb->dirs[dir].nr_files++;
	sb->files[*number] = new;
	sb->stats.dentries++;
	sb->stats.inodes++;
	task_charge(current, CAUSE_FAULT, sb->vm->mm->costs.file_create);
	result = filemap_write(sb->bdev, current, dir_page(sb, dir, new.entry), 1);
	if (result == FILE_OK)
		result = filemap_write(sb->bdev, current, inode_page(sb, new.ino), 1);
	if (result == FILE_OK && bytes)
		result = write_data(sb, current, *number, bytes);
	/* Closed again: the dentry is unused from now on. fs/dcache.c:dput */
	vfs_lru_add(sb, &sb->dentry_lru, *number);
	task_spend(sb->vm->mm, current);
	return result;
}

static enum file_result read_metadata(struct super_block *sb, struct task_struct *current,
				      u64 page)
{
	struct file_ra_state ra;

	file_ra_state_init(&ra);
	return filemap_read(sb->bdev, current, &ra, page, 1, page + 1);
}

/* fs/ext4/inode.c:__ext4_iget */
static enum file_result read_inode(struct super_block *sb, struct task_struct *current, u32 number)
{
	u32 inode, security;
	enum file_result result;

	result = read_metadata(sb, current, inode_page(sb, sb->files[number].ino));
	if (result != FILE_OK)
		return result;
	if (!alloc_inode(sb, current, &inode, &security))
		return FILE_NO_MEMORY;
	if (sb->files[number].inode != SLAB_NONE) { /* somebody else was faster */
		(void)kmem_cache_free(sb->cache[VFS_INODE], current, inode);
		(void)kmem_cache_free(sb->cache[VFS_SECURITY], current, security);
		return FILE_OK;
	}
	sb->files[number].inode = inode;
	sb->files[number].security = security;
	sb->stats.inodes++;
	return FILE_OK;
}

/* fs/namei.c:__lookup_slow, fs/ext4/namei.c:ext4_lookup */
static enum file_result lookup_slow(struct super_block *sb, struct task_struct *current, u32 number)
{
	enum file_result result;
	u32 dentry;

	sb->stats.misses++;
	dentry = kmem_cache_alloc(sb->cache[VFS_DENTRY], current, ALLOC_GFP);
	if (dentry == SLAB_NONE)
		return FILE_NO_MEMORY;
	result = read_metadata(sb, current,
			       dir_page(sb, sb->files[number].dir, sb->files[number].entry));
	if (result == FILE_OK && sb->files[number].inode == SLAB_NONE)
		result = read_inode(sb, current, number);
	if (result != FILE_OK || sb->files[number].dentry != SLAB_NONE) {
		(void)kmem_cache_free(sb->cache[VFS_DENTRY], current, dentry);
		return result;
	}
	/* The inode may have been on its way out while we slept, as iget finds it: then again. */
	if (sb->files[number].inode == SLAB_NONE) {
		(void)kmem_cache_free(sb->cache[VFS_DENTRY], current, dentry);
		return lookup_slow(sb, current, number);
	}
	sb->files[number].dentry = dentry;
	sb->stats.dentries++;
	if (sb->files[number].inode_lru.on)
		vfs_lru_del(sb, &sb->inode_lru, number);
	vfs_lru_add(sb, &sb->dentry_lru, number);
	return FILE_OK;
}

enum file_result vfs_stat(struct super_block *sb, struct task_struct *current, u32 number)
{
	enum file_result result = FILE_OK;

	assert(number < sb->nr_files);
	task_charge(current, CAUSE_FAULT, sb->vm->mm->costs.file_stat);
	if (sb->files[number].dentry != SLAB_NONE) {
		sb->stats.hits++;
		/* fs/dcache.c:retain_dentry: used again while on the list of unused ones */
		sb->files[number].flags |= DENTRY_REFERENCED;
		if (!sb->files[number].dentry_lru.on)
			vfs_lru_add(sb, &sb->dentry_lru, number);
	} else {
		result = lookup_slow(sb, current, number);
	}
	task_spend(sb->vm->mm, current);
	return result;
}

void super_block_stats(const struct super_block *sb, struct super_block_stats *stats)
{
	*stats = sb->stats;
	stats->files = sb->nr_files;
	stats->unused_dentries = sb->dentry_lru.n;
	stats->unused_inodes = sb->inode_lru.n;
}
