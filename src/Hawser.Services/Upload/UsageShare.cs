namespace Hawser.Services.Upload;

/// <summary>What one upload has reserved of the folder's limits. Disposing releases what is not stored.</summary>
internal sealed class UsageShare(FolderUsage usage) : IDisposable
{
    /// <summary>What every upload needs: it may have to become <c>ERROR</c>.</summary>
    public static readonly UsageCount Smallest = new(1, UploadFile.ErrorBytes);

    private UsageCount _reserved = Smallest;

    /// <summary>Reserves as much as a file of this length needs.</summary>
    /// <exception cref="UploadRefusedException">A limit is met; nothing more is reserved.</exception>
    public void GrowTo(long length)
    {
        if (length <= _reserved.Bytes)
            return;
        var more = new UsageCount(0, length - _reserved.Bytes);
        usage.Reserve(more);
        _reserved += more;
    }

    /// <summary>The file is stored, with this length.</summary>
    public void Settle(long length)
    {
        usage.Settle(_reserved, new UsageCount(1, length));
        _reserved = default;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        usage.Settle(_reserved, default);
        _reserved = default;
    }
}
