CREATE TRIGGER price_version_append_only BEFORE UPDATE OR DELETE ON price_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
