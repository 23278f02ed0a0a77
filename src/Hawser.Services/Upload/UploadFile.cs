using Microsoft.Win32.SafeHandles;

namespace Hawser.Services.Upload;

/// <summary>One upload on its way into the folder. Until it is published nothing stands under its final name.</summary>
internal sealed class UploadFile : IDisposable
{
    private readonly string _part;
    private readonly string _final;
    private readonly UploadSettings _settings;
    private readonly UploadFolder _folder;
    private readonly SafeFileHandle _file;
    private long _claimed;
    private bool _published;

    /// <exception cref="IOException">The part exists already, or cannot be made.</exception>
    public UploadFile(long number, string part, string final, UploadSettings settings, UploadFolder folder)
    {
        Number = number;
        _part = part;
        _final = final;
        _settings = settings;
        _folder = folder;
        _file = File.OpenHandle(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_file, settings.Mode);
    }

    /// <summary>Its number in the folder.</summary>
    public long Number { get; }

    /// <summary>The name it will have.</summary>
    public string Name => Path.GetFileName(_final);

    /// <summary>Bytes written.</summary>
    public long Length { get; private set; }

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="UploadRefusedException">A limit is met.</exception>
    /// <exception cref="IOException">The disk is full, or worse.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > _settings.MaxBytes)
            throw new UploadRefusedException($"an upload has at most {_settings.MaxBytes} bytes");
        _claimed += bytes.Length;
        _folder.Claim(bytes.Length);
        Write(bytes);
    }

    /// <summary>Gives it its final name; with <see cref="UploadSettings.Sync"/>, once it would survive a power
    /// failure.</summary>
    /// <exception cref="IOException">It could not be made durable, or the name is taken by a stranger's file.</exception>
    public void Publish()
    {
        if (_settings.Sync)
            RandomAccess.FlushToDisk(_file);
        // Without overwriting, this is link(2) and unlink(2).
        File.Move(_part, _final, overwrite: false);
        _published = true;
        if (_settings.Sync)
            DurableFolder.Flush(Path.GetDirectoryName(_final)!);
    }

    /// <summary>Discards what came; the file then holds exactly <c>ERROR</c>.</summary>
    /// <exception cref="IOException">Not even that could be written; the number stays without a file.</exception>
    public void PublishError()
    {
        if (_published)
            return;
        RandomAccess.SetLength(_file, 0);
        Length = 0;
        ReleaseClaim();
        Write("ERROR"u8);
        Publish();
    }

    /// <summary>Closes the file. An unpublished one is gone.</summary>
    public void Dispose()
    {
        // Deleted under the lock: afterwards the name may be another server's.
        if (!_published)
        {
            ReleaseClaim();
            File.Delete(_part);
        }
        _file.Dispose();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, Length);
        Length += bytes.Length;
    }

    private void ReleaseClaim()
    {
        _folder.Release(_claimed);
        _claimed = 0;
    }
}
